"""Payments by Stripe, as Saleor's own Stripe app offers them to storefronts. See docs/payments.md."""
