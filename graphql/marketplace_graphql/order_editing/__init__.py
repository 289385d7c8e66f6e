"""Drafts, and what staff change of orders."""
