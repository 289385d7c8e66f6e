"""A bank's page for buyers and its books, as gateways/redirect/reference.py expects it. No money moves."""
