"""A Chromium that keeps nothing for an observer: driven by as little of its own protocol as a visit needs.

Playwright listens to a page's network, and while somebody listens, the page's process keeps a copy of what
comes over it: tens of megabytes that no reader's browser has. So what measures memory does without it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

from stand import CHROMIUM, FLAGS

PROFILE = "tinytorch-bench-"
# Each page is a tab of its own; a browser gives less to those that nobody sees.
SEEN = ["--disable-renderer-backgrounding", "--disable-background-timer-throttling"]
CLICK = """(() => {
    const element = %s;
    element.scrollIntoView({ block: "center" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
})()"""


class Browser:
    """A browser with a profile of its own; its messages end with a zero, both ways."""

    def __init__(self, profile: str) -> None:
        assert CHROMIUM is not None
        read, self._orders = os.pipe()
        self._replies, write = os.pipe()
        options = [f"--user-data-dir={profile}", "--headless=new", "--remote-debugging-pipe", *SEEN, *FLAGS]
        start = f"exec {shlex.join([CHROMIUM, *options, 'about:blank'])} 3<&{read} 4>&{write}"
        self._process = subprocess.Popen(
            ["sh", "-c", start],
            pass_fds=(read, write),
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        self.group = self._process.pid  # of all its processes, and of nothing else
        os.close(read)
        os.close(write)
        self._number = 0
        self._unread = b""

    def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Give an order and return what came of it."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": params}
        if session is not None:
            order["sessionId"] = session
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        while (reply := self._receive()).get("id") != self._number:
            pass  # an event
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        return dict(reply["result"])

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            received = os.read(self._replies, 1 << 16)
            if not received:
                raise RuntimeError("the browser ended")
            self._unread += received
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(message))

    @property
    def version(self) -> str:
        """The number alone."""
        return str(self.send("Browser.getVersion")["product"]).rpartition("/")[2]

    def open(self) -> Page:
        """Open an empty tab."""
        return Page(self)

    def close(self) -> None:
        """End all its processes."""
        with contextlib.suppress(RuntimeError, BrokenPipeError):
            self.send("Browser.close")
        self._process.wait()
        os.close(self._orders)
        os.close(self._replies)


class Page:
    """A tab."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.send("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        self._send("Page.enable")
        self._send("Page.bringToFront")

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.send(method, self._session, **params)

    def before(self, script: str) -> None:
        """Run this in every document before its own programs."""
        self._send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def goto(self, url: str) -> None:
        """Begin to show this; returns once it has begun."""
        failure = self._send("Page.navigate", url=url).get("errorText")
        if failure:
            raise RuntimeError(f"{url}: {failure}")

    def evaluate(self, expression: str) -> Any:
        """Return what an expression, or the promise that it is, comes to."""
        reply = self._send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in reply:
            details = reply["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return reply["result"].get("value")

    def click(self, element: str) -> None:
        """Click, as a mouse does, on the middle of what an expression gives."""
        place = self.evaluate(CLICK % element)
        self._send("Input.dispatchMouseEvent", type="mouseMoved", **place)  # menus ask where it is
        for kind in ("mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def close(self) -> None:
        """Close the tab."""
        self._browser.send("Target.closeTarget", targetId=self._target)


@contextlib.contextmanager
def new_browser() -> Iterator[Browser]:
    """A browser that has never been anywhere."""
    with tempfile.TemporaryDirectory(prefix=PROFILE, ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            yield browser
        finally:
            browser.close()
