"""Printing: tickets, work orders, forms, reports and audit packs as PDF, from layouts that administrators edit."""
