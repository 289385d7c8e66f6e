"""Apps: other people's programs that work on the shop through its API, as Saleor's apps do."""
