"""Rules of the marketplace's commission, for staff."""
