"""What sellers are owed by the marketplace: balances and statements of any time."""
