"""Webhooks: which app hears of which event, what it is told, and whether it has arrived."""
