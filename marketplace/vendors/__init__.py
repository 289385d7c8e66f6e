"""Sellers: heritage companies, cooperatives and entrepreneurs, and the programmes and regions they belong to."""
