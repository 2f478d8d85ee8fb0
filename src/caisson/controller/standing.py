"""In which state a component is, from what its process does and what it last answered. Pure."""

from caisson.controller.observer import Sight
from caisson.targets.local.wire import ProcessState

_DOWN = {"held": "lost", "frozen": "frozen", "backoff": "backoff", "stopped": "stopped"}


def standing(process: ProcessState | None, seen: Sight, alive_s: float, now: float) -> str:
    """Say `running` of what answers, `starting` of what has not yet, `silent` of what has before.

    The process has lived for `alive_s`; `now` is monotonic, as the times of looks are. An answer
    of the process before this one says nothing of this one.
    """
    if process is None:
        return "stopped"
    if process.state != "running":
        return _DOWN[process.state]
    if seen.answers:
        return "running"
    has_answered = seen.answered_at > 0.0 and now - seen.answered_at < alive_s
    return "silent" if has_answered else "starting"
