"""Payments in Saleor's terms: gateways, transactions; and cash in carriers' hands."""
