"""Orders in Saleor's terms, and what Saleor lacks: each seller's part of an order."""
