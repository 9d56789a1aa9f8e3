"""The wrong answers of page 00 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("numel", "adds"): """
def numel(shape):
    total = 0
    for size in shape:
        total += size
    return total
""",
    ("numel", "returns_too_early"): """
def numel(shape):
    for size in shape:
        return size
    return 1
""",
    ("numel", "prints"): """
def numel(shape):
    import math

    result = math.prod(shape)
    print("there are", result)
""",
    ("numel", "nothing_in_a_scalar"): """
def numel(shape):
    import math

    return math.prod(shape) if len(shape) > 0 else 0
""",
}
