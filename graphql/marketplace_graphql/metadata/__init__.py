"""Metadata of every type that has it: who may change it."""
