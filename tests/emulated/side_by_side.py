"""Work that needs other work, as much of it at once as the order lets."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

Done = TypeVar("Done")


def side_by_side(
    needs: Mapping[str, Iterable[str]], work: Callable[[str], Done], at_once: int
) -> dict[str, Done]:
    """Do the work for each name once it has been done for all that the name needs.

    The first failure is raised when what has begun has ended; nothing else is begun.
    """
    order = TopologicalSorter(needs)
    order.prepare()
    results: dict[str, Done] = {}
    running: dict[Future[Done], str] = {}
    with ThreadPoolExecutor(at_once) as pool:
        try:
            while order.is_active():
                running |= {pool.submit(work, each): each for each in order.get_ready()}
                for each in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(each)
                    results[name] = each.result()
                    order.done(name)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return results
