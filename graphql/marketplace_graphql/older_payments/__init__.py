"""Payments as clients made them before there were transactions."""
