"""Menus and translations over GraphQL."""
