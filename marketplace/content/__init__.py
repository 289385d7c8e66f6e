"""Pages, menus, translations."""
