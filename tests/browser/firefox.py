"""A real Firefox, driven over WebDriver BiDi, which it speaks by itself: no driver program is needed."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
from types import TracebackType
from typing import Any

from tornado.websocket import websocket_connect  # the notebook kernel needs it, too

FIREFOX = next((path for name in ("firefox-esr", "firefox") if (path := shutil.which(name))), None)
ADDRESS = re.compile(r"ws://\S+")
LARGEST = 2**26


class Firefox:
    """One window of a Firefox with a new profile."""

    def __enter__(self) -> Firefox:
        assert FIREFOX is not None
        self._profile = tempfile.TemporaryDirectory(prefix="tinytorch-firefox-")
        options = [
            "--headless",
            "--no-remote",
            "--profile",
            self._profile.name,
            "--remote-debugging-port",
            "0",
        ]
        self._process = subprocess.Popen([FIREFOX, *options], stderr=subprocess.PIPE, text=True)
        self._loop = asyncio.new_event_loop()
        self._sent = 0
        try:
            self._loop.run_until_complete(self._connect())
            self.send("session.new", capabilities={})
            self._window = self.send("browsingContext.getTree")["contexts"][0]["context"]
        except BaseException:
            self._end()
            raise
        return self

    async def _connect(self) -> None:
        assert self._process.stderr is not None
        address = next(found[0] for line in self._process.stderr if (found := ADDRESS.search(line)))
        self._socket = await websocket_connect(f"{address}/session", max_message_size=LARGEST)

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._loop.close()
        self._profile.cleanup()

    def send(self, method: str, **params: Any) -> Any:
        """Send one command, and return its result."""
        return self._loop.run_until_complete(self._send(method, params))

    async def _send(self, method: str, params: dict[str, Any]) -> Any:
        self._sent += 1
        await self._socket.write_message(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            answer = json.loads(await self._socket.read_message() or "")
            if answer.get("id") == self._sent:  # the rest are events
                assert answer["type"] == "success", answer
                return answer["result"]

    def go(self, url: str) -> None:
        """Open a page and wait until it has loaded."""
        self.send("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function in the page, and return what it, or its promise, gives."""
        source = f"Promise.resolve(({function})(...{json.dumps(arguments)})).then(JSON.stringify)"
        told = self.send(
            "script.evaluate", expression=source, target={"context": self._window}, awaitPromise=True
        )
        assert told["type"] == "success", told
        value = told["result"].get("value")
        return None if value is None else json.loads(value)
