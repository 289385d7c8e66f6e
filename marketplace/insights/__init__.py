"""The competitiveness figures: sales, growth, share of category, by producer."""
