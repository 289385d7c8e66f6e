"""Markets in Saleor's terms: channels, tax classes, ways to ship."""
