"""The matrix product of the package where there is no BLAS: in the page's own Python."""

from __future__ import annotations

from exercise_page import ExercisePage
from visits import Site, Visit

# A learner's text, because that is what the page runs. It compares before it answers.
COMPARING = """
def matmul(self, other):
    import numpy as np
    from tinytorch.core import gemm as module

    einsum, calls = np.einsum, []
    module.np = type("Watched", (), {
        "__getattr__": lambda self, name: getattr(np, name),
        "einsum": staticmethod(lambda *args: (calls.append(args), einsum(*args))[1]),
    })()
    rng = np.random.default_rng(0)
    turned = {"C": lambda x: x, "F": lambda x: np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)}
    shapes = [((64, 300), (300, 40)), ((3, 40, 20), (20, 200)), ((2, 1, 20, 90), (3, 90, 50))]
    shapes += [((1, 400), (400, 200))]
    shapes += [((200, 400), (400,)), ((300,), (300, 300)), ((0, 300), (300, 300)), ((64, 0), (0, 300))]
    compared = 0
    for dtype in ("float32", "float64", "int32"):
        for left, right in shapes:
            a, b = (np.round(9 * rng.standard_normal(shape)).astype(dtype) for shape in (left, right))
            for turn_a in turned.values() if a.ndim > 1 else [np.asarray]:
                for turn_b in turned.values() if b.ndim > 1 else [np.asarray]:
                    x, y = turn_a(a), turn_b(b)
                    result, expected = module.gemm(x, y), np.matmul(x, y)
                    assert type(result) is np.ndarray and result.dtype == expected.dtype
                    assert result.flags.c_contiguous and np.array_equal(result, expected)
                    compared += 1
    a = np.abs(rng.standard_normal((64, 10_000), "float32"))
    b = np.abs(rng.standard_normal((10_000, 64), "float32"))
    exact = a.astype("float64") @ b.astype("float64")
    error, plain = abs(module.gemm(a, b) - exact).max(), abs(a @ b - exact).max()
    print("BLAS:", module._HAS_BLAS, "by einsum:", len(calls) > 20, "exact:", error <= plain)
    print("compared:", compared)
    return NotImplemented
"""


def test_it_is_numpys_product_by_einsum_and_no_less_exact(undisturbed: Visit, site: Site) -> None:
    page = ExercisePage(undisturbed, site)
    page.write("tensor_matmul", COMPARING)
    page.check("tensor_matmul")
    # for each of three dtypes, six pairs of matrices in four layouts and two with a vector in two
    assert "BLAS: False by einsum: True exact: True compared: 84" in page.said("tensor_matmul")
