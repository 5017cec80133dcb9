"""Figures of tickets and processes: measures by any field, variants, conformance, shared and mailed dashboards."""
