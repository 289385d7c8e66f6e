"""Orders that were placed elsewhere, brought in."""
