"""Paying at the door: channels' rules, buyers' confirmations, carriers' sheets and debts."""
