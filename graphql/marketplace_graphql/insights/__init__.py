"""The competitiveness figures, in the API."""
