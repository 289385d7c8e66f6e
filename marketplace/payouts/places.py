"""Where the files of payouts are kept."""


def folder_of(run_id: int) -> str:
    """Where a run's files are kept."""
    return f"private/payouts/run-{run_id}"
