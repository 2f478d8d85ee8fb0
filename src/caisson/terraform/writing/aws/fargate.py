"""The sizes that Fargate has: a task gets the smallest that is no smaller than it asks for.

From "Task CPU and memory" of the Amazon ECS developer guide, as of November 2025.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.estate.model import Task

_GIB = 1024


@dataclass(frozen=True, slots=True)
class _Processors:
    """So many thousandths of a processor, and the least, the most and the steps of MiB with it."""

    cpu: int
    least: int
    most: int
    step: int


_SIZES = (
    _Processors(512, 1 * _GIB, 4 * _GIB, _GIB),
    _Processors(1024, 2 * _GIB, 8 * _GIB, _GIB),
    _Processors(2048, 4 * _GIB, 16 * _GIB, _GIB),
    _Processors(4096, 8 * _GIB, 30 * _GIB, _GIB),
    _Processors(8192, 16 * _GIB, 60 * _GIB, 4 * _GIB),
    _Processors(16384, 32 * _GIB, 120 * _GIB, 8 * _GIB),
)


def size(task: Task) -> Task:
    """Return the size of Fargate for a task. Raises LookupError when there is none so large."""
    for each in _all():
        if each.cpu >= task.cpu and each.memory >= task.memory:
            return each
    raise LookupError(f"{task.cpu} thousandths of a processor and {task.memory} MiB")


def _all() -> Iterator[Task]:
    """Yield every size, by processors first."""
    yield from (Task(cpu=256, memory=each) for each in (512, 1 * _GIB, 2 * _GIB))
    for each in _SIZES:
        for memory in range(each.least, each.most + 1, each.step):
            yield Task(cpu=each.cpu, memory=memory)
