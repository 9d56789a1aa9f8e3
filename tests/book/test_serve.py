"""The local server: what it says in the terminal, and what it keeps to itself."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import serve


@pytest.fixture
def leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Ask for a page, let go of the connection at once, and wait until the server has done with it."""
    (tmp_path / "page.html").write_bytes(bytes(20_000_000))
    server = serve.make_server(tmp_path, 0, plain=True)
    over = threading.Event()
    end = server.shutdown_request
    monkeypatch.setattr(server, "shutdown_request", lambda request: (end(request), over.set()))

    def leave() -> None:
        with socket.create_connection(server.server_address) as browser:
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            browser.sendall(b"GET /page.html HTTP/1.1\r\nHost: here\r\n\r\n")
        server.handle_request()
        assert over.wait(60)

    return leave


def test_a_reader_who_goes_on_to_another_page_is_no_error(
    leave: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    leave()
    assert capsys.readouterr().err == ""


def test_an_error_of_its_own_is_told(
    leave: Callable[[], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve.Handler, "__init__", lambda self, *args, **options: 1 / 0)
    leave()
    assert "ZeroDivisionError" in capsys.readouterr().err
