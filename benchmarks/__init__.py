"""How quick the shop is, as ratios to limits measured in the same run (`make bench`)."""
