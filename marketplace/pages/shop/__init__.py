"""The storefront: what buyers see, from the first shelf to the confirmed order."""
