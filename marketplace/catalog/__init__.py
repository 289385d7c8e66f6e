"""What is sold: product types, attributes, categories, collections, products, variants, media, listings."""
