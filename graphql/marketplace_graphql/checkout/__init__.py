"""Checkouts in Saleor's terms."""
