"""Downloads from a server that cuts, corrupts, refuses: an error that says so, and nothing half-written."""

import gzip
import hashlib
import http.server
import io
import socket
import tarfile
import threading

import numpy as np
import pytest

from tests.data.test_idx import idx
from tinytorch.data import CIFAR10, MNIST, DownloadError, cifar10, mnist
from tinytorch.data import download as module
from tinytorch.data.download import download

CONTENT = bytes(range(256)) * 4000  # about 1 MB: several pieces
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; the first part of the path says what goes wrong."""

    def do_GET(self):
        way, _, name = self.path.strip("/").partition("/")
        content = self.server.files.get(name, CONTENT)
        self.server.asked.append(way)
        if way == "missing":
            self.send_error(404)
            return
        if way == "corrupt":
            content = content[:1000] + b"!" + content[1001:]
        if way == "page":
            content = b"<html>Please log in to this network</html>"
        self.send_response(200)
        if way != "unsized":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if way == "stall":
            self.wfile.write(content[:1000])
            self.wfile.flush()
            self.server.stop.wait(10)
            return
        self.wfile.write(content[: len(content) // 3] if way == "cut" else content)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked, server.stop = {}, [], threading.Event()
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("way", ["good", "unsized"])
def test_a_good_file_arrives_with_its_progress(server, tmp_path, way):
    seen = []
    target = tmp_path / "deep" / "er" / "file.bin"
    download(
        [f"{server.url}/{way}/x"], target, SHA256, progress=lambda done, total: seen.append((done, total))
    )
    assert target.read_bytes() == CONTENT
    assert [file.name for file in target.parent.iterdir()] == ["file.bin"]
    assert [done for done, _ in seen] == sorted({done for done, _ in seen}) and len(seen) > 1
    assert seen[-1] == (len(CONTENT), len(CONTENT) if way == "good" else None)


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("missing", "404"),
        ("cut", r"the connection broke after [\d,]+ of 1,024,000 bytes"),
        ("corrupt", "it sent something else: the SHA-256 is .* expected"),
        ("page", "it sent something else"),
        ("stall", "timed out"),
    ],
)
def test_what_goes_wrong_is_said_and_leaves_nothing(server, tmp_path, monkeypatch, way, says):
    monkeypatch.setattr(module, "TIMEOUT", 0.3)
    with pytest.raises(DownloadError, match=says) as caught:
        download([f"{server.url}/{way}/x"], tmp_path / "file.bin", SHA256)
    assert f"{server.url}/{way}/x" in str(caught.value) and "Try again later" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match="refused"):
        download([f"http://127.0.0.1:{port}/x"], tmp_path / "file.bin", SHA256)
    assert list(tmp_path.iterdir()) == []


def test_the_next_mirror_is_asked(server, tmp_path):
    urls = [f"{server.url}/{way}/x" for way in ("missing", "cut", "corrupt", "good", "page")]
    download(urls, tmp_path / "file.bin", SHA256)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.asked == ["missing", "cut", "corrupt", "good"]


def test_an_interrupted_download_leaves_what_was_there(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"an older one")

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download([f"{server.url}/good/x"], tmp_path / "file.bin", SHA256, progress=stop)
    assert [file.name for file in tmp_path.iterdir()] == ["file.bin"]
    assert (tmp_path / "file.bin").read_bytes() == b"an older one"


def test_a_page_does_not_download(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "emscripten")
    with pytest.raises(DownloadError, match=r"cannot be downloaded in a page.*TinyDigits"):
        download(["http://127.0.0.1:9/x"], tmp_path / "file.bin", SHA256)


@pytest.fixture
def served_mnist(server, monkeypatch):
    """A small MNIST on the server, with its hashes in place of the real ones."""
    for part, n in (("train", 12), ("t10k", 5)):
        arrays = {
            "images-idx3": np.full((n, 28, 28), 7, "uint8"),
            "labels-idx1": np.arange(n, dtype="uint8") % 10,
        }
        for kind, array in arrays.items():
            name = f"{part}-{kind}-ubyte"
            server.files[f"{name}.gz"] = gzip.compress(idx(array))
            monkeypatch.setitem(mnist.FILES, name, hashlib.sha256(idx(array)).hexdigest())
    return server


def test_mnist_is_downloaded_once(served_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "MIRRORS", [f"{served_mnist.url}/missing/", f"{served_mnist.url}/good/"])
    assert len(MNIST(tmp_path, download=True)) == 12
    assert len(served_mnist.asked) == 8, "each file from the first mirror in vain, then from the second"
    assert len(MNIST(tmp_path, train=False, download=True)) == 5
    assert len(served_mnist.asked) == 8
    assert len(list(tmp_path.iterdir())) == 4


def test_another_compression_of_the_same_data_is_welcome(served_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "MIRRORS", [f"{served_mnist.url}/good/"])
    for name, content in served_mnist.files.items():
        served_mnist.files[name] = gzip.compress(gzip.decompress(content), compresslevel=1, mtime=1)
    assert len(MNIST(tmp_path, download=True)) == 12


@pytest.mark.parametrize("way", ["cut", "page"])
def test_a_bad_mnist_leaves_nothing_and_can_be_tried_again(served_mnist, tmp_path, monkeypatch, way):
    monkeypatch.setattr(mnist, "MIRRORS", [f"{served_mnist.url}/{way}/"])
    with pytest.raises(DownloadError, match=r"train-images-idx3-ubyte\.gz could not be downloaded"):
        MNIST(tmp_path, download=True)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(mnist, "MIRRORS", [f"{served_mnist.url}/good/"])
    assert len(MNIST(tmp_path, download=True)) == 12


def archive(records, names=(*cifar10.TRAIN, *cifar10.TEST)):
    """An archive as CIFAR-10 is published, with a guest that wants to climb out of its folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in (*(f"{cifar10.FOLDER}/{name}" for name in names), "../guest.txt"):
            member = tarfile.TarInfo(path)
            member.size = records.nbytes
            tar.addfile(member, io.BytesIO(records.tobytes()))
    return buffer.getvalue()


@pytest.fixture
def serve_cifar(server, monkeypatch):
    monkeypatch.setattr(cifar10, "PER_FILE", 20)
    monkeypatch.setattr(cifar10, "MIRRORS", [f"{server.url}/missing/", f"{server.url}/good/"])

    def serve(content):
        server.files[cifar10.ARCHIVE] = content
        monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())

    return serve


def test_cifar10_is_downloaded_once_and_unpacked(server, serve_cifar, tmp_path):
    serve_cifar(archive(np.zeros((20, cifar10.RECORD), "uint8")))
    root = tmp_path / "data"
    assert len(CIFAR10(root, download=True)) == 100
    assert len(CIFAR10(root, train=False, download=True)) == 20 and len(server.asked) == 2
    assert [file.name for file in root.iterdir()] == [cifar10.FOLDER]
    assert [file.name for file in tmp_path.iterdir()] == ["data"], "the guest stayed inside"


def test_an_archive_without_a_file_leaves_no_folder(serve_cifar, tmp_path):
    serve_cifar(archive(np.zeros((20, cifar10.RECORD), "uint8"), names=cifar10.TRAIN))
    with pytest.raises(KeyError, match="test_batch"):
        CIFAR10(tmp_path, download=True)
    assert list(tmp_path.iterdir()) == []
