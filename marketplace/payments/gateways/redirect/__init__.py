"""Paying on a bank's own page: see docs/redirect-gateways.md."""
