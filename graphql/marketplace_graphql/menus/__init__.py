"""Links of menus, and how staff change them."""
