"""A strict stand-in of Stripe: its HTTP API, its webhooks and its script, over money that does not exist.

Every request is judged by the parameter types that Stripe's own client ships, every object has the shape
Stripe gives it, and the books add up. It imports nothing of the product but the kit: what it lets through,
Stripe would too, as far as Stripe's documentation says.
"""
