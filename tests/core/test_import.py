"""What `import tinytorch` costs and leaves behind, seen in a fresh interpreter."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def fresh(program):
    """Run `program` in a new interpreter and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_needs_numpy_alone_and_loads_neither_the_workshop_nor_pytest_nor_random():
    loaded = fresh(
        "import sys, json, numpy; before = set(sys.modules); import tinytorch;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    ours = [name for name in loaded if name.split(".")[0] == "tinytorch"]
    assert "tinytorch.core.tensor" in ours and not [
        name for name in ours if name.startswith("tinytorch.workshop")
    ]
    others = {name.split(".")[0] for name in loaded} - {"tinytorch"}
    assert others <= set(sys.stdlib_module_names), "only the standard library beside NumPy"
    assert not [name for name in loaded if name.startswith("numpy.random")]


def test_importing_leaves_no_state_behind():
    program = """
import json, random, sys, warnings, numpy as np
def look():
    libraries = [np.geterr(), str(np.get_printoptions()), hash(random.getstate())]
    return [*libraries, sys.path[:], sys.getrecursionlimit(), len(warnings.filters)]
before = look()
import tinytorch
from tinytorch.core import random as ours
print(json.dumps([before == look(), ours._default is None]))
"""
    assert fresh(program) == [True, True]


def test_computing_leaves_numpys_error_state_as_it_was():
    program = """
import json, warnings, numpy as np, tinytorch as tt
warnings.simplefilter("ignore")
before = np.geterr()
x = tt.Tensor([0.0, -1.0, 1e38])
x / 0, x.exp(), x.log(), x.sqrt(), x ** -1, tt.zeros(0).mean(), x * x
print(json.dumps(before == np.geterr()))
"""
    assert fresh(program) is True


@pytest.mark.parametrize(
    "name",
    [
        "dtypes",
        "shapes",
        "random",
        "gemm",
        "tensor",
        "creation",
        "autograd",
        "gradients",
        "check_gradients",
        "draw",
    ],
)
def test_every_module_of_the_core_can_be_imported_first(name):
    assert fresh(f"import tinytorch.core.{name}, json; print(json.dumps(1))") == 1
