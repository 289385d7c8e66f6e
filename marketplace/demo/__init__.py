"""Demo data by one seeded generator (`load`), and the story that is told with them (`story`)."""

from marketplace.demo.load import NotEmptyError, is_empty, load, load_into

__all__ = ["NotEmptyError", "is_empty", "load", "load_into"]
