"""Orders as the buyer has them, vendor orders as each seller has them, and their fulfilments."""
