"""Money on its way in: transactions, gateways, and the carriers' cash."""
