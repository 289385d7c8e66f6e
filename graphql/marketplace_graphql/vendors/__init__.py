"""Sellers, and the regions and programmes they belong to: what Saleor lacks."""
