"""Users, addresses, permission groups, tokens and the audit log."""
