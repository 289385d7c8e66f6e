"""HTML: request in, template out. The API's first client."""
