"""Earnings, the ledger and payouts, in the API."""
