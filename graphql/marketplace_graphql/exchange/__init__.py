"""Rates of exchange, and changing what sellers are owed into another currency."""
