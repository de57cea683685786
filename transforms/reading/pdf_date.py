"""Dates as a PDF states them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_DATE: Final = re.compile(
    r"(?:D:)?(?P<year>\d{4})(?P<month>\d{2})?(?P<day>\d{2})?(?P<hour>\d{2})?(?P<minute>\d{2})?(?P<second>\d{2})?"
    r"(?:Z|(?P<sign>[+-])(?P<zone_hours>\d{2})'?(?:(?P<zone_minutes>\d{2})'?)?)?"
)


def pdf_date(text: object) -> datetime | None:
    """Read a date of a PDF's document information, in UTC. Without a zone it is taken for UTC.

    Returns:
        The moment; null where nothing is stated, or what is stated is not a date.

    Example:
        >>> pdf_date("D:20240315093000+08'00'").isoformat()
        '2024-03-15T01:30:00+00:00'
        >>> pdf_date("2024").year, pdf_date("last year"), pdf_date("D:20241301")
        (2024, None, None)
    """
    found = _DATE.match(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(found[name] or default)
        for name, default in (("year", 0), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))
    )
    offset = timedelta(hours=int(found["zone_hours"] or 0), minutes=int(found["zone_minutes"] or 0))
    try:
        zone = timezone(-offset if found["sign"] == "-" else offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
