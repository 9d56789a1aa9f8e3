"""Checkpoints: what goes in comes out, and a file that is not one of ours does no harm."""

import io
import json
import math
import os
import pickle
import zipfile

import numpy as np
import pytest

from tinytorch import Tensor
from tinytorch.training import CheckpointError, load_checkpoint, save_checkpoint
from tinytorch.training.files import write_safely

STATE = {
    "weights": Tensor([[1.5, -2.0], [0.0, 3.25]]),
    "counts": Tensor([1, 2, 3]),
    "mask": Tensor([True, False]),
    "moments": np.arange(6, dtype="float64").reshape(2, 3).T,
    "empty": Tensor(np.zeros((0, 3), "float32")),
    "lone": Tensor(2.5),
    "options": {"betas": (0.9, 0.999), "lr": 1e-3, "amsgrad": False, "note": "grüße", "none": None},
    "by_position": {0: {"step": 3}, 1: {}},
    "dollars": {"$tensor": "not one"},
    "history": [0.1, math.inf, math.nan, -0.0],
    "big": 2**127 + 1,
    "scalar": np.float32(0.1),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def same(a, b):
    assert type(a) is type(b), (a, b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    elif isinstance(a, (Tensor, np.ndarray)):
        x, y = (t.data if isinstance(t, Tensor) else t for t in (a, b))
        assert (x.dtype, x.shape) == (y.dtype, y.shape) and x.tobytes() == y.tobytes()
    else:
        assert repr(a) == repr(b)


def test_everything_comes_back_bit_for_bit(path):
    save_checkpoint(path, STATE)
    loaded = load_checkpoint(path)
    same(loaded, {**STATE, "scalar": float(np.float32(0.1))})


def test_a_generator_goes_on_where_it_was(path):
    for bits in (np.random.PCG64(3), np.random.MT19937(3), np.random.Philox(3)):
        generator = np.random.Generator(bits)
        generator.normal(size=5)
        generator.integers(0, 2**16, dtype="uint16")  # leaves half a number in the state
        save_checkpoint(path, {"state": dict(bits.state)})
        expected = generator.normal(size=5)
        bits.state = load_checkpoint(path)["state"]
        assert (generator.normal(size=5) == expected).all()


def test_loaded_arrays_are_writable_and_their_own(path):
    array = np.zeros(3, "float32")
    save_checkpoint(path, {"a": array, "b": array})
    loaded = load_checkpoint(path)
    loaded["a"][0] = 1
    assert loaded["b"][0] == 0 and array[0] == 0


def test_the_same_state_gives_the_same_bytes(path):
    save_checkpoint(path, STATE)
    first = path.read_bytes()
    save_checkpoint(path, STATE)
    assert path.read_bytes() == first


def test_numpy_opens_it(path):
    save_checkpoint(path, STATE)
    with np.load(path, allow_pickle=False) as arrays:
        assert (arrays["0"] == STATE["weights"].data).all()


def test_what_cannot_be_held_is_named_and_nothing_is_written(path):
    save_checkpoint(path, {"old": 1})
    with pytest.raises(TypeError, match=r"state\['a'\]\[1\] is a function"):
        save_checkpoint(path, {"a": [1, lambda: 0]})
    with pytest.raises(TypeError, match=r"state\['a'\] is a ndarray"):
        save_checkpoint(path, {"a": np.array([object()])})
    with pytest.raises(TypeError, match="state is a dict"):
        save_checkpoint(path, {(1, 2): 3})
    assert load_checkpoint(path) == {"old": 1}
    assert os.listdir(path.parent) == [path.name]


# Writing


def test_an_interrupted_write_leaves_the_old_file_and_no_other(path):
    path.write_bytes(b"old")

    def half(file):
        file.write(b"new")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_safely(path, half)
    assert path.read_bytes() == b"old" and os.listdir(path.parent) == [path.name]


def test_the_old_file_is_whole_until_the_new_one_is(path):
    path.write_bytes(b"old")

    def slowly(file):
        file.write(b"new" * 100_000)
        assert path.read_bytes() == b"old"

    write_safely(path, slowly)
    assert path.read_bytes() == b"new" * 100_000


def test_a_full_disk_leaves_the_old_file(path, monkeypatch):
    path.write_bytes(b"old")

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(path, STATE)
    assert path.read_bytes() == b"old" and os.listdir(path.parent) == [path.name]


# Reading what is not as it should be


def refused(path, says):
    with pytest.raises(CheckpointError, match=says) as caught:
        load_checkpoint(path)
    assert path.name in str(caught.value) and "Nothing was loaded" in str(caught.value)


def test_no_file_is_no_bad_file(path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(path)


def test_every_truncation_is_noticed(path):
    save_checkpoint(path, {"w": Tensor([1.0, 2.0]), "n": 3})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        refused(path, "run.npz")


def test_a_changed_byte_is_noticed_or_without_effect(path):
    state = {"w": Tensor([1.0, 2.0]), "n": 3}
    save_checkpoint(path, state)
    whole = path.read_bytes()
    noticed = 0
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :])
        try:
            same(load_checkpoint(path), state)
        except CheckpointError:
            noticed += 1
    assert noticed > 0.8 * len(whole)  # the rest are dates and attributes in the zip's own tables


@pytest.mark.parametrize("data", [b"", b"hello", b"\x80\x04N.", bytes(1000), b"PK\x05\x06" + bytes(18)])
def test_foreign_files(path, data):
    path.write_bytes(data)
    refused(path, "no checkpoint")


def test_a_pickle_is_never_run(path):
    class Boom:
        def __reduce__(self):
            return (os.mkdir, (str(path) + ".owned",))

    path.write_bytes(pickle.dumps(Boom()))
    refused(path, "no checkpoint")
    file = io.BytesIO()
    np.save(file, np.array([Boom()], dtype=object), allow_pickle=True)
    write_zip(path, [file.getvalue()])
    refused(path, "elements of type object")
    assert not os.path.exists(str(path) + ".owned")


def test_the_npz_of_another_program(path):
    np.savez(path, a=np.zeros(3))
    refused(path, "no checkpoint of TinyTorch")


def digest(data):
    import hashlib

    return hashlib.sha256(data).hexdigest()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def write_zip(
    path, arrays=(), state=b'{"w": {"$tensor": 0}}', changes=None, compression=zipfile.ZIP_STORED, extra=()
):
    """Write a file that is a valid checkpoint but for what is asked for."""
    members = {"state.json": state, **{f"{i}.npy": data for i, data in enumerate(arrays)}}
    manifest = {
        "format": "tinytorch checkpoint",
        "version": 1,
        "members": {name: {"bytes": len(data), "sha256": digest(data)} for name, data in members.items()},
    }
    manifest.update(changes or {})
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in [("manifest.json", json.dumps(manifest).encode()), *members.items(), *extra]:
            archive.writestr(name, data)


def test_the_forger_of_these_tests_can_write_a_sound_file(path):
    write_zip(path, [npy(np.ones(2, "float32"))])
    same(load_checkpoint(path), {"w": Tensor([1.0, 1.0])})


def test_a_member_that_was_exchanged(path):
    """A whole and valid zip, made of another program's hand: only the checksum can tell."""
    save_checkpoint(path, {"epoch": 3})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["state.json"] = members["state.json"].replace(b"3", b"4")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    refused(path, "state.json does not have the checksum")


def test_a_newer_version(path):
    write_zip(path, [npy(np.ones(2, "float32"))], changes={"version": 2})
    refused(path, "version 2, and this TinyTorch reads version 1")


def test_a_bomb_is_refused_before_it_is_unpacked(path, monkeypatch):
    write_zip(path, [npy(np.zeros(10_000_000, "int8"))], compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "open", None)  # whoever unpacks calls it
    refused(path, "compressed members")


def test_an_array_that_claims_more_than_it_has(path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**12,)})
    write_zip(path, [header.getvalue() + bytes(8)])
    refused(path, "claims the shape")
    for shape in [(-1, -2), (3,), (2**70,)]:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
        write_zip(path, [header.getvalue() + bytes(8)])
        refused(path, "run.npz")


def test_members_that_overlap(path):
    """Two entries of the zip's table that point at the same bytes."""
    write_zip(path, [npy(np.zeros(100_000, "float32"))] * 1)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    table = data[start : data.rindex(b"PK\x05\x06")]
    entry = table[table.rindex(b"PK\x01\x02") :]
    more = entry.replace(b"0.npy", b"1.npy")
    end = bytearray(data[data.rindex(b"PK\x05\x06") :])
    end[8:12] = (4).to_bytes(2, "little") * 2
    end[12:16] = (len(table) + len(more)).to_bytes(4, "little")
    path.write_bytes(data[:start] + table + more + bytes(end))
    refused(path, "overlap")


@pytest.mark.parametrize("name", ["../evil.npy", "/etc/passwd", "1.npy", "state.json/", "x" * 5000])
def test_members_that_do_not_belong(path, name):
    write_zip(path, [npy(np.ones(2, "float32"))], extra=[(name, b"")])
    refused(path, "do not belong")
    assert os.listdir(path.parent) == [path.name]


def test_a_member_twice(path):
    with pytest.warns(UserWarning, match="Duplicate"):
        write_zip(path, [npy(np.ones(2, "float32"))], extra=[("0.npy", npy(np.zeros(2, "float32")))])
    refused(path, "overlap")


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff",
        b'{"w": {"$tensor": 1}}',
        b'{"w": {"$tensor": -1}}',
        b'{"w": {"$tensor": true}}',
        b'{"w": {"$tensor": "0"}}',
        b'{"w": {"$pickle": 0}}',
        b'{"w": {"$tensor": 0, "more": 0}}',
        b'{"w": {"$dict": [1]}}',
        b'{"w": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"w": ' + b"9" * 100_000 + b"}",
    ],
)
def test_a_state_that_means_nothing(path, state):
    write_zip(path, [npy(np.ones(2, "float32"))], state)
    refused(path, "run.npz")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other"},
        {"version": "1"},
        {"version": None},
        {"members": []},
        {"members": {}},
        {"members": 3},
    ],
)
def test_a_manifest_that_means_nothing(path, changes):
    write_zip(path, [npy(np.ones(2, "float32"))], changes=changes)
    refused(path, "run.npz")


@pytest.mark.parametrize("dtype", ["U4", "M8[s]", "V3", "c8", ">f4", "int64", "float16"])
def test_arrays_that_are_no_tensors(path, dtype):
    write_zip(path, [npy(np.zeros(2, dtype))])
    if dtype in ("int64", "float16"):  # arrays of numbers, but tensors have no such type
        write_zip(path, [npy(np.zeros(2, dtype))], b'{"w": {"$array": 0}}')
        assert load_checkpoint(path)["w"].dtype == dtype
        write_zip(path, [npy(np.zeros(2, dtype))])
    refused(path, "run.npz")
