"""Apps: programs of others that work on the shop."""
