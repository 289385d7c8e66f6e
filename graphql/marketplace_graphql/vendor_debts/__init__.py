"""What sellers owe, and what staff decide of it."""
