"""The one place that says what time it is.

In production that is the machine's clock. A demo or a test may run ahead of it, by a number of
seconds kept in a file that the API and the workers of one machine share.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

_offset_file: Path | None = None
_offset = timedelta()
_offset_read_at_ns = -1


def now() -> datetime:
    """The current moment, in UTC."""
    return datetime.now(UTC) + _current_offset()


def ahead() -> timedelta:
    """How far this clock runs ahead of the machine's: nothing, in production."""
    return _current_offset()


def follow(offset_file: Path | None) -> None:
    """Run ahead by the seconds written in a file (none: keep the machine's time)."""
    global _offset_file, _offset, _offset_read_at_ns
    _offset_file, _offset, _offset_read_at_ns = offset_file, timedelta(), -1


def advance(by: timedelta) -> datetime:
    """Move the followed clock forward and give the new time. Only forward: history stays in order."""
    if _offset_file is None:
        raise RuntimeError("the clock is the machine's own and can't be moved")
    if by < timedelta():
        raise ValueError("the clock only moves forward")
    total = _current_offset() + by
    _offset_file.parent.mkdir(parents=True, exist_ok=True)
    replacement = _offset_file.with_suffix(".new")
    replacement.write_text(str(total.total_seconds()))
    replacement.replace(_offset_file)
    return now()


def _current_offset() -> timedelta:
    global _offset, _offset_read_at_ns
    if _offset_file is None:
        return _offset
    try:
        written_at_ns = _offset_file.stat().st_mtime_ns
    except FileNotFoundError:
        return timedelta()
    if written_at_ns != _offset_read_at_ns:
        _offset = timedelta(seconds=float(_offset_file.read_text() or 0))
        _offset_read_at_ns = written_at_ns
    return _offset
