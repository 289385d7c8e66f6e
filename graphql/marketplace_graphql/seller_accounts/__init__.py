"""Sellers' accounts: with the marketplace, balances and statements; and their own at Stripe."""
