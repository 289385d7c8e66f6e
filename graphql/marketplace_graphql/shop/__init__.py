"""The shop as a whole: what a client asks first."""
