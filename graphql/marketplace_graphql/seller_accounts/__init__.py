"""Sellers' accounts with the marketplace: balances and statements."""
