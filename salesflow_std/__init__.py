"""Salesflow Standard: one sales standard, carried out in ERPNext's own records."""

__version__ = "0.1.0"
