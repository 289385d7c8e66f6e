"""Sellers' own accounts at Stripe, and what comes back of what was paid into them."""
