"""Trying a diagram before it is deployed: dry runs on the real engine, and scenarios."""
