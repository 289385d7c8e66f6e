"""Stand-ins of those whom payments speak to: for tests, and for an installation without keys."""
