"""Vouchers and gift cards in Saleor's terms, and what checkouts and orders say of them."""
