"""The reader: an operation's selection becomes one SQL statement, compiled once and kept."""
