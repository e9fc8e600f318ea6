"""The offline audit: what the sales standard says of a CRM's CSV export, without a server.

``python -m salesflow_std.audit LEADS.csv --opportunities OPPS.csv`` reads the exports, asks the same engine
that the app uses, and writes a report and a list of findings. See README.md in this folder.

The parts, in the order a row passes them: `reader` (encoding, delimiter, rows), `columns` and `mapping`
(which column is which field), `dates` and `numbers` (cells), `leads` and `opportunities` (the rules),
`index` (duplicates, funnel), `findings` (findings.csv), `report` (sections, HTML), `summary` (terminal).
"""
