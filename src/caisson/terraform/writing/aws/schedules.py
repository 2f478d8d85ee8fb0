"""When backups are made, as AWS Backup writes it."""

_HOUR_S, _DAY_S, _WEEK_S = 3_600.0, 86_400.0, 604_800.0
_DAYS_OF_MONTHS = 31
# When little else happens, in UTC.
_NIGHT = "0 3"


def often_enough(every_s: float) -> str:
    """Return a schedule by which no two backups are further apart than `every_s`, from an hour.

    By the clock and the calendar it comes sooner again at the end of a day or a month.
    """
    if every_s < _DAY_S:
        return f"cron(0 0/{int(every_s // _HOUR_S)} * * ? *)"
    if every_s == _WEEK_S:
        return f"cron({_NIGHT} ? * SUN *)"
    step = min(int(every_s // _DAY_S), _DAYS_OF_MONTHS)
    return f"cron({_NIGHT} {'*' if step == 1 else f'1/{step}'} * ? *)"
