"""Expectations that checks state, and the words for when they are not met.

The first line of a failure says what is wrong; the lines below it, if any, say what to do. `tinytorch` is
imported inside the functions, because the runner puts fresh modules in place for every check and a tensor
has to be recognised by the class of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
from numpy import isclose  # by name: an answer that patches NumPy does not reach the judge

__tracebackhide__ = True  # pytest then points at the line of the check, not into this file

# Results that people arrive at by a known mistake, each with the hint that helps them.
Mistakes = Sequence[tuple[Any, str]]

# What the runner explains better than we could: not written yet, misspelt names, endless recursion, memory.
SPEAK_FOR_THEMSELVES = (NotImplementedError, NameError, ImportError, RecursionError, MemoryError)

MANY = 24  # a result with more elements than this is shown by its first wrong element only


def fail(message: str, hint: str = "", cause: BaseException | None = None) -> NoReturn:
    """Let a check fail with `message`, and `hint` below it."""
    raise AssertionError(f"{message}\n{hint}".strip()) from cause


def expect_tensor(
    actual: Any,
    expected: Any,
    what: str,
    dtype: str | None = None,
    hint: str = "",
    mistakes: Mistakes = (),
) -> None:
    """Expect a Tensor with the shape and values of `expected` (an array, nested lists or a number).

    `what` names the result in the message, as in "`a + b`". Checked in this order: that it is a Tensor, its
    shape, its dtype if one is given, its values.
    """
    from tinytorch.core import Tensor

    if not isinstance(actual, Tensor):
        fail(f"{what} gave {describe(actual)}; it should be a Tensor.", _how_to_wrap(actual))
    array = getattr(actual, "data", None)
    if not isinstance(array, np.ndarray):
        fail(
            f"The `data` of {what} is {describe(array)}; it should be a NumPy array.",
            "A list has no shape and no dtype: turn the values into an array before you keep them.",
        )
    _judge_array(array, expected, what, dtype, hint, mistakes)


def expect_array(
    actual: Any,
    expected: Any,
    what: str,
    dtype: str | None = None,
    hint: str = "",
    mistakes: Mistakes = (),
) -> None:
    """Expect a NumPy array with the shape and values of `expected`, judged as `expect_tensor` does."""
    if not isinstance(actual, (np.ndarray, np.generic)):
        how = (
            "Does your function end with a return?" if actual is None else "Here everything is plain arrays."
        )
        fail(f"{what} gave {describe(actual)}; it should be a NumPy array.", how)
    _judge_array(np.asarray(actual), expected, what, dtype, hint, mistakes)


def expect_number(actual: Any, expected: float, what: str, hint: str = "", mistakes: Mistakes = ()) -> None:
    """Expect a plain Python number that is, up to rounding, `expected`."""
    if type(actual) not in (int, float):
        how = "Does your function end with a return?" if actual is None else ""
        fail(f"{what} gave {describe(actual)}; it should be a plain Python number.", how)
    if not isclose(actual, expected, rtol=1e-6, atol=1e-9):
        hint = next((why for wrong, why in mistakes if isclose(actual, wrong, rtol=1e-6, atol=1e-9)), hint)
        fail(f"{what} gave {actual:.6g}; it should be {expected:.6g}.", hint)


def expect_tensors(actual: Any, expected: Sequence[Any], what: str, hint: str = "") -> None:
    """Expect a tuple of Tensors with the shapes and values of `expected`, one after the other."""
    from tinytorch.core import Tensor

    if not isinstance(actual, tuple):
        fail(f"{what} gave {describe(actual)}; it should be a tuple of {len(expected)} Tensors.", hint)
    if len(actual) != len(expected):
        parts = f"{len(actual)} part{'' if len(actual) == 1 else 's'}"
        fail(f"{what} gave a tuple of {parts}; it should have {len(expected)}.", hint)
    for number, (part, wanted) in enumerate(zip(actual, expected, strict=True)):
        if not isinstance(part, Tensor):
            fail(f"Part {number} of {what} is {describe(part)}; it should be a Tensor.", hint)
        expect_tensor(part, wanted, f"Part {number} of {what}", hint=hint)


def expect_equal(actual: Any, expected: Any, what: str, hint: str = "", mistakes: Mistakes = ()) -> None:
    """Expect a plain Python value: a number, a tuple, a string, of exactly the type of `expected`."""
    if type(actual) is type(expected) and actual == expected:
        return
    for wrong, why in mistakes:
        if type(actual) is type(wrong) and actual == wrong:
            hint = why
    if actual is None:
        fail(f"{what} gave None; it should be {expected!r}.", "Does your function end with a return?")
    kinds = "", ""
    if type(actual) is not type(expected):
        kinds = f", {_kind(actual)}", f", {_kind(expected)}"
    fail(f"{what} gave {actual!r}{kinds[0]}; it should be {expected!r}{kinds[1]}.", hint)


def expect_error(
    kind: type[Exception], action: Callable[[], Any], says: Sequence[str], what: str, hint: str = ""
) -> None:
    """Expect `action` to raise `kind` with a message that contains everything in `says`."""
    try:
        result = action()
    except SPEAK_FOR_THEMSELVES:
        raise
    except Exception as error:
        _judge_error(error, kind, says, what, hint)
    else:
        fail(f"{what} raised no error but gave {describe(result)}; it should raise {kind.__name__}.", hint)


@contextmanager
def expect_no_error(what: str, hint: str = "") -> Iterator[None]:
    """Expect the lines under `with` to run through."""
    try:
        yield
    except SPEAK_FOR_THEMSELVES:
        raise
    except Exception as error:
        fail(f"{what} should work, and raised {_name_and_text(error)}.", hint, error)


def expect_view(actual: Any, base: Any, what: str, hint: str = "") -> None:
    """Expect a tensor that shares its memory with the tensor or array `base`."""
    expect_tensor(actual, getattr(actual, "data", actual), what)
    if not np.shares_memory(actual.data, getattr(base, "data", base)):
        fail(f"{what} made a copy; it should share memory with the original.", hint)


def expect_unchanged(tensor: Any, before: Any, name: str, what: str) -> None:
    """Expect that the tensor or array called `name` holds what it held `before` the operation `what`."""
    before, kind = np.asarray(before), "array" if isinstance(tensor, np.ndarray) else "Tensor"
    array = tensor if isinstance(tensor, np.ndarray) else tensor.data
    if array.shape != before.shape or not _same(array, before):
        fail(
            f"{what} changed `{name}`: it held {show(before)} and now holds {show(array)}.",
            f"Leave the inputs as they are and put the result into a new {kind}: others still use them.",
        )


def describe(value: Any) -> str:
    """Say in words what kind of thing `value` is."""
    from tinytorch.core import Tensor

    if value is None:
        return "None"
    if isinstance(value, Tensor):
        array = getattr(value, "data", None)
        return (
            f"a Tensor of shape {array.shape}"
            if isinstance(array, np.ndarray)
            else "a Tensor without an array"
        )
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    if isinstance(value, np.generic):
        return f"a NumPy number ({value!r})"
    text = repr(value)
    return _kind(value) + (f" ({text})" if len(text) < 40 else "")


def show(array: np.ndarray) -> str:
    """Write an array on one line."""
    if array.ndim == 0 and array.dtype.kind == "f":  # NumPy's "16." would end a sentence twice
        return f"{array.item():.6g}"
    text = " ".join(np.array2string(array, precision=4, separator=", ", threshold=MANY).split())
    return text.replace("[ ", "[")


def _judge_array(
    array: np.ndarray, expected: Any, what: str, dtype: str | None, hint: str, mistakes: Mistakes
) -> None:
    wanted = np.asarray(expected)
    hint = next((why for wrong, why in mistakes if _same(array, np.asarray(wrong))), hint)
    if array.shape != wanted.shape:
        fail(f"{what} has shape {array.shape}; it should have shape {wanted.shape}.", hint)
    if dtype is not None and array.dtype.name != dtype:
        fail(f"{what} has dtype {array.dtype.name}; it should be {dtype}.", hint)
    if not _same(array, wanted):
        fail(_difference(array, wanted, what), hint)


def _judge_error(error: Exception, kind: type[Exception], says: Sequence[str], what: str, hint: str) -> None:
    if not isinstance(error, kind):
        if isinstance(error, AssertionError):
            hint = (
                "`assert` states what you believe of your own code, and `python -O` leaves it out. "
                f"For a caller's mistake write: raise {kind.__name__}(…)."
            )
        fail(f"{what} raised {_name_and_text(error)}; it should raise {kind.__name__}.", hint, error)
    for part in says:
        if part not in str(error):
            fail(
                f"{what} raised {_name_and_text(error)}; the message should show {part}.",
                hint or "Who reads the message should see what arrived without opening a debugger.",
                error,
            )


def _name_and_text(error: BaseException) -> str:
    text = str(error)
    return f'{type(error).__name__} "{text}"' if text else f"{type(error).__name__} without a message"


def _how_to_wrap(value: Any) -> str:
    if value is None:
        return "Does your function end with a return?"
    if isinstance(value, (np.ndarray, np.generic)):
        return "Wrap it: return Tensor(…)."
    return "Whoever calls this goes on computing with the result, so wrap it: return Tensor(…)."


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _same(actual: np.ndarray, expected: np.ndarray) -> bool:
    return actual.shape == expected.shape and bool(_close(actual, expected).all())


def _close(actual: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.asarray(isclose(actual, expected, rtol=1e-5, atol=1e-6, equal_nan=True))


def _difference(actual: np.ndarray, expected: np.ndarray, what: str) -> str:
    if actual.dtype.kind == "f":
        expected = expected.astype(actual.dtype)  # 3 is shown as 3., like its neighbour in the message
    if actual.size <= MANY:
        return f"{what} gave {show(actual)}; it should be {show(expected)}."
    wrong = tuple(int(i) for i in np.argwhere(~_close(actual, expected))[0])
    return f"{what} has {actual[wrong]} at position {wrong}; it should be {expected[wrong]} there."
