"""The longest time between two runs of a schedule, written as AWS does: `cron(...)`, `rate(...)`.

Six fields: minutes, hours, day of month, month, day of week (1 is Sunday), year.
docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

_DAY_S = 86_400.0
_UNITS = {"minute": 60.0, "hour": 3_600.0, "day": _DAY_S}
_RATE = re.compile(r"rate\(\s*(\d{1,6})\s+(minute|hour|day)s?\s*\)")
_CRON = re.compile(r"cron\(\s*(.+?)\s*\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Days of the week and of the month meet again in the same way after 28 years.
_FIRST, _DAYS = date(2001, 1, 1), 28 * 366
_FIELDS = 6


class NotUnderstoodError(ValueError):
    """A schedule that is written in a way not known here."""


@lru_cache(maxsize=512)
def longest_gap_s(expression: str) -> float | None:
    """Return seconds between two runs at most, or None when nothing bounds them or is told."""
    text = expression.strip()
    if rate := _RATE.fullmatch(text):
        return float(rate[1]) * _UNITS[rate[2]] or None
    cron = _CRON.fullmatch(text)
    fields = cron[1].upper().split() if cron else []
    if len(fields) != _FIELDS or fields[5] not in ("*", "?"):
        return None
    try:
        return _longest(fields)
    except NotUnderstoodError:
        return None


def _longest(fields: Sequence[str]) -> float | None:
    minutes, hours = _values(fields[0], 0, 59), _values(fields[1], 0, 23)
    times = sorted(hour * 3_600.0 + minute * 60.0 for hour in hours for minute in minutes)
    days = list(_days(fields[2], fields[3], fields[4]))
    if not times or len(days) < 2:  # noqa: PLR2004
        return None
    within = max((later - sooner for sooner, later in pairwise(times)), default=0.0)
    apart = max((later - sooner).days for sooner, later in pairwise(days))
    return max(within, apart * _DAY_S - times[-1] + times[0])


def _days(of_month: str, month: str, of_week: str) -> Iterator[date]:
    months = _values(month, 1, 12, _MONTHS)
    by_month, by_week = _OfMonth.of(of_month), _OfWeek.of(of_week)
    for index in range(_DAYS):
        day = _FIRST + timedelta(days=index)
        if day.month in months and by_month.has(day) and by_week.has(day):
            yield day


@dataclass(frozen=True, slots=True)
class _OfMonth:
    days: frozenset[int]
    last: bool

    @classmethod
    def of(cls, field: str) -> "_OfMonth":
        if field == "L":
            return cls(frozenset(), last=True)
        return cls(_values(field, 1, 31), last=False)

    def has(self, day: date) -> bool:
        if self.last:
            return (day + timedelta(days=1)).day == 1
        return day.day in self.days


@dataclass(frozen=True, slots=True)
class _OfWeek:
    """Days of the week, 1 is Sunday; `nth` of the month only, or the `last` one."""

    days: frozenset[int]
    nth: int | None = None
    last: bool = False

    @classmethod
    def of(cls, field: str) -> "_OfWeek":
        name, hash_, nth = field.partition("#")
        if hash_:
            return cls(_values(name, 1, 7, _WEEKDAYS), nth=_number(nth, 1, 5))
        if field == "L":
            return cls(frozenset({7}))
        if field.endswith("L"):
            return cls(_values(field[:-1], 1, 7, _WEEKDAYS), last=True)
        return cls(_values(field, 1, 7, _WEEKDAYS))

    def has(self, day: date) -> bool:
        if day.isoweekday() % 7 + 1 not in self.days:
            return False
        if self.last:
            return (day + timedelta(days=7)).month != day.month
        return self.nth is None or (day.day - 1) // 7 + 1 == self.nth


def _values(field: str, low: int, high: int, names: Sequence[str] = ()) -> frozenset[int]:
    """Return the numbers that a field stands for: `*`, `5`, `1-5`, `0/15`, `MON,WED`."""
    return frozenset(one for part in field.split(",") for one in _part(part, low, high, names))


def _part(part: str, low: int, high: int, names: Sequence[str]) -> range:
    body, slash, step = part.partition("/")
    start, dash, end = body.partition("-")
    if body in ("*", "?"):
        first, last = low, high
    else:
        first = _number(start, low, high, names)
        last = _number(end, low, high, names) if dash else high if slash else first
    if first > last:
        raise NotUnderstoodError(part)
    return range(first, last + 1, _number(step, 1, high) if slash else 1)


def _number(text: str, low: int, high: int, names: Sequence[str] = ()) -> int:
    if text in names:
        return names.index(text) + low
    if not text.isdecimal() or not low <= int(text) <= high:
        raise NotUnderstoodError(text)
    return int(text)
