"""Sellers' own accounts at Stripe: how they come to one, and how they are paid into it."""
