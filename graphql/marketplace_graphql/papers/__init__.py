"""Papers about money: what was issued, and files of it."""
