"""Pages of those who work for the shop. What one may see and do there, the API says."""
