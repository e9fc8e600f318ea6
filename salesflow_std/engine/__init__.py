"""The sales standard's rules as pure functions.

Standard library only: nothing here imports Frappe or another part of the app, so the desk, the
scheduled jobs and the offline audit all get the same answer from the same code.
"""
