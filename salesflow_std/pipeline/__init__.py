"""Bringing in the pipeline of another CRM: `bench --site your.site import-pipeline`.

`plan` reads the mapping file, `rows` the deals, `masters` brings customers, products, reps and regions, `deals`
writes opportunities with their log of stages, `run` goes through it all and says what came of it.
"""
