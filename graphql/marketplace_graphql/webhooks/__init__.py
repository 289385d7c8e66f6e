"""Webhooks: events as subscriptions tell them, and the webhooks of apps."""
