"""Where and how the shop sells: channels, taxes, shipping."""
