"""How staff make and change attributes, their values, and the types of products that ask for them."""
