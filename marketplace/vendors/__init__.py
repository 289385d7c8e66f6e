"""Sellers: cooperatives, heritage companies and entrepreneurs; their regions and programmes."""
