"""What the shop tells: pages and their types."""
