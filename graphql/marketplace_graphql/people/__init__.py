"""People: accounts, addresses, and the tokens they sign in with."""
