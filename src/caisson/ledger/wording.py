"""Promises and lengths of time in the words that the board shows."""

from typing import assert_never

from caisson.estate.model import (
    Encrypted,
    Isolation,
    Lose,
    LoseRegion,
    OpenToInternet,
    Promise,
    Public,
    Reach,
    Residency,
    Restore,
    Same,
)

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def duration(seconds: float) -> str:
    """Write a length of time in its largest fitting unit: `7 d`, `1.5 h`, `60 s`, `250 ms`.

    A unit is used from two of it on, so that nothing is rounded by more than a part in 20.
    """
    for size, unit in _UNITS:
        if seconds >= 2 * size or seconds == size:
            return f"{_rounded(seconds / size)} {unit}"
    return f"{_rounded(seconds * 1000)} ms" if 0 < seconds < 1 else f"{_rounded(seconds)} s"


def _rounded(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def sentence(promise: Promise) -> str:
    """Say a promise in words."""
    match promise:
        case LoseRegion():
            return (
                f"after the loss of any one region at most {duration(promise.rpo)} of data is "
                f"lost and service is back within {duration(promise.rto)}"
            )
        case Residency():
            return f"the data of {promise.tenants} tenants stays in {promise.stays_in}"
        case Isolation():
            one, other = promise.isolate
            return f"{one} and {other} share nothing"
        case Reach():
            on = f" on {ports(promise.ports)}" if promise.ports else ""
            who = f"only {' and '.join(promise.from_)}" if promise.from_ else "nobody"
            return f"{who} can open {promise.reach}{on}"
        case Restore():
            lacks = f", lacking at most {duration(promise.rpo)}" if promise.rpo is not None else ""
            return f"{promise.restore} can be restored within {duration(promise.within)}{lacks}"
        case Lose() | OpenToInternet() | Encrypted() | Public() | Same():
            return _of_data_and_exposure(promise)
        case _:
            assert_never(promise)


def _of_data_and_exposure(promise: Lose | OpenToInternet | Encrypted | Public | Same) -> str:
    match promise:
        case Lose():
            return (
                f"after the loss of any one {promise.lose} the data of {' and '.join(promise.of)} "
                f"survives, and at most {duration(promise.rpo)} of it is lost"
            )
        case OpenToInternet():
            beside = f", beside {' and '.join(promise.except_)}" if promise.except_ else ""
            of = "" if promise.of == ["anything"] else f" of {' and '.join(promise.of)}"
            what = f"nothing but {ports(promise.ports)}" if promise.ports else "nothing"
            return f"{what}{of} is open to the internet{beside}"
        case Encrypted():
            return f"{' and '.join(promise.of)} are encrypted {' and '.join(promise.encrypted)}"
        case Public():
            beside = f" beside {' and '.join(promise.public)}" if promise.public else ""
            return f"no store{beside} can be read by everybody"
        case Same():
            beside = f", but for {' and '.join(promise.except_)}" if promise.except_ else ""
            return f"{' and '.join(promise.same)} are the same{beside}"
        case _:
            assert_never(promise)


def ports(ranges: list[tuple[int, int]]) -> str:
    """Write ports for a sentence: `ports 443 and 8000-8100`, `no ports`."""
    each = [f"{low}" if low == high else f"{low}-{high}" for low, high in ranges]
    return f"{'port' if len(each) == 1 else 'ports'} {' and '.join(each)}" if each else "no ports"
