"""Prefetching: the next batches are prepared while the caller works on this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Request = TypeVar("Request")
Batch = TypeVar("Batch")


def prefetch(
    load: Callable[[Request], Batch], requests: Iterable[Request], workers: int, ahead: int = 2
) -> Iterator[Batch]:
    """Yield `load(request)` for each request, in order, while `workers` threads load the next ones.

    Up to `ahead` results for each worker are loaded, or being loaded, before anyone asks for them: enough
    that nobody waits, few enough that memory does not fill up. Without workers each is loaded when it is
    asked for. An error in `load` is raised where its result would have been yielded. Whoever stops early
    leaves no thread behind.
    """
    if workers == 0:
        yield from map(load, requests)
        return
    from concurrent.futures import ThreadPoolExecutor  # not needed in a browser, which has no threads

    pool = ThreadPoolExecutor(workers, thread_name_prefix="prefetch")
    pending: deque[Future[Batch]] = deque()
    try:
        for request in requests:
            pending.append(pool.submit(load, request))
            if len(pending) > workers * ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
