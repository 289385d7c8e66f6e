"""Paying at the door, besides the payment itself: who may, who confirms first, what carriers hand over."""
