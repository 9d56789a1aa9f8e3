"""Child: the Python that judges one request and ends. It trusts nothing that its parent may have patched."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

MORE_MEMORY = 4 * 1024**3  # bytes beyond what Python and NumPy take; a check itself has less
FILE_BYTES = 100 * 1024**2  # that one file may grow to


def main() -> None:
    """Read a request from standard input, run its checks behind the fence, write the Report where it says."""
    request = json.loads(sys.stdin.buffer.read())
    with open(request["reply"], "wb") as reply:  # open before the fence is up
        report = _judge(request)
        reply.write(json.dumps({"token": request["token"], "report": report}).encode())
        reply.flush()
    os._exit(0)  # threads that an answer has left behind are nobody's concern


def _judge(request: dict[str, Any]) -> dict[str, Any]:
    # All that a check imports on its way, before the fence is up.
    import tinytorch
    from tinytorch.workshop import checks, expect, library, sizes  # noqa: F401
    from tinytorch.workshop.nbgrader.fence import put_up

    chapter = next(chapter for chapter in library.chapters() if chapter.name == request["chapter"])
    _limit(request.pop("seconds"))
    found = sys.path.pop(0)  # where tinytorch lies: in a checkout much else does, too
    if not os.path.isdir(os.path.join(found, "numpy")):
        sys.path[:] = [folder for folder in sys.path if folder != found]
    put_up(os.getcwd(), os.path.dirname(tinytorch.__file__))
    request = {key: request[key] for key in request if key not in ("token", "reply")}
    if "exercise" in request:
        return checks.run_checks(chapter, request["exercise"], request["text"]).to_dict()
    return checks.run_integration(chapter, request["texts"]).to_dict()


def _limit(seconds: float) -> None:
    """Set limits that cannot be raised again, where the system has them."""
    try:
        import resource
    except ImportError:
        return
    caps = {resource.RLIMIT_FSIZE: FILE_BYTES, resource.RLIMIT_CORE: 0}
    caps[resource.RLIMIT_CPU] = int(seconds) * 8 + 60  # the parent's clock is the limit; this, if it is gone
    if sys.platform == "linux":
        with open("/proc/self/statm") as statm:
            size = int(statm.read().split()[0]) * resource.getpagesize()
        caps[resource.RLIMIT_AS] = size + MORE_MEMORY
    for kind, cap in caps.items():
        _, most = resource.getrlimit(kind)
        cap = cap if most == resource.RLIM_INFINITY else min(cap, most)
        resource.setrlimit(kind, (cap, cap))
