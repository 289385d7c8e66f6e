"""The main job told as a story: a cooperative's listing sheet becomes its payout, over HTTP, with figures.

Every figure is worked out here a second time from the rules, and compared with what the server says.
"""
