"""What the shop tells over GraphQL: pages, menus, translations."""
