"""Carts, up to the moment they become orders."""
