"""Pieces: where they lie, whose they are for now, and to whom they have been sold."""
