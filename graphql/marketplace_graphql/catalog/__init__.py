"""The catalogue in Saleor's terms: products, variants, categories, collections, attributes."""
