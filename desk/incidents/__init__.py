"""Incidents: what went wrong and waits for a person."""
