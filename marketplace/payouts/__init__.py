"""What each seller has earned, and how it reaches them: commission, ledger, payout runs, statements."""
