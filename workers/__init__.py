"""The worker: what runs jobs after the transaction that asked for them has been committed."""
