"""Isolation: what a run does to Python, NumPy, pytest or the package reaches no other check and no caller."""

import gc
import math
import os
import random
import sys
import tempfile
import threading
import types
import warnings

import numpy as np
import pytest
from small_chapter import ADDS, BROADCASTS, RIGHT, body

import tinytorch
from tinytorch.workshop import checks
from tinytorch.workshop.fresh import fresh_package
from tinytorch.workshop.limits import names_restored

REST = [line.strip() for line in RIGHT.splitlines()[1:]]

# What an answer does, and an expression that tells, in a later check and in the caller, that all is well.
VANDALISM = {
    "a builtin replaced": ("import builtins; builtins.len = lambda x: 7", "len([1]) == 1"),
    "a builtin deleted": ("import builtins; del builtins.abs", "abs(-1) == 1"),
    "a builtin added": (
        "import builtins; builtins.leaked = 1",
        "'leaked' not in dir(__import__('builtins'))",
    ),
    "a function of NumPy": ("np.cumsum = None", "np.cumsum([1, 2])[1] == 3"),
    "a number of NumPy": ("np.pi = np.zeros(3)", "np.pi == math.pi"),
    "a function of a part of NumPy": ("np.linalg.norm = None", "np.linalg.norm([3.0, 4.0]) == 5"),
    "np.random": ("np.random.rand = None", "np.random.rand(1).shape == (1,)"),
    "NumPy's errors": ("np.seterr(all='raise')", "np.geterr()['divide'] == 'warn'"),
    "NumPy's error handler": ("np.seterrcall(print)", "np.geterrcall() is None"),
    "NumPy's printing": ("np.set_printoptions(precision=1)", "np.get_printoptions()['precision'] == 8"),
    "math": ("import math; math.sqrt = None", "math.sqrt(4) == 2"),
    "random": ("import random; random.random = lambda: 0", "random.random() > 0"),
    "time": ("import time; time.perf_counter = lambda: 0", "__import__('time').perf_counter() > 0"),
    "a tracer": (
        "import sys; sys.settrace(lambda *told: None)",
        "not callable(sys.gettrace()) or 'coverage' in sys.modules",
    ),
    "a profiler": ("import sys; sys.setprofile(lambda *told: None)", "sys.getprofile() is None"),
    "the recursion limit": ("import sys; sys.setrecursionlimit(300)", "sys.getrecursionlimit() >= 1000"),
    "the way to set it": ("import sys; sys.setrecursionlimit = None", "callable(sys.setrecursionlimit)"),
    "stdout": ("import sys; sys.stdout = None", "sys.stdout is not None"),
    "stderr": (
        "import sys; sys.stderr = open('/dev/null')",
        "getattr(sys.stderr, 'name', '') != '/dev/null'",
    ),
    "stdin": ("import sys; sys.stdin = 7", "sys.stdin != 7"),
    "the way that values are shown": ("import sys; sys.displayhook = None", "sys.displayhook is not None"),
    "the environment": ("import os; os.environ['LEAKED'] = '1'", "'LEAKED' not in os.environ"),
    "the environment emptied": ("import os; os.environ.clear()", "'PATH' in os.environ"),
    "the environment replaced": ("import os; os.environ = {}", "'PATH' in os.environ"),
    "the folder": ("import os; os.chdir('/')", "os.getcwd() != '/'"),
    "warnings": (
        "import warnings; warnings.simplefilter('error', UserWarning)",
        "('error', UserWarning) not in [(f[0], f[2]) for f in warnings.filters]",
    ),
    "sys.path": ("import sys; sys.path.clear()", "len(sys.path) > 0"),
    "the finders of modules": ("import sys; sys.meta_path.clear()", "len(sys.meta_path) > 0"),
    "a module replaced": ("import sys; sys.modules['numpy'] = 7", "__import__('numpy') is np"),
    "a module deleted": ("import sys; del sys.modules['math']", "sys.modules.get('math') is math"),
    "pytest": ("import pytest; pytest.raises = None", "pytest.raises is not None"),
    "what is expected": (
        "import tinytorch.workshop.expect as e; e.expect_tensor = None",
        "sys.modules['tinytorch.workshop.expect'].expect_tensor is not None",
    ),
    "the runner": (
        "import tinytorch.workshop.checks as c; c.overall = None",
        "sys.modules['tinytorch.workshop.checks'].overall is not None",
    ),
    "a method of Tensor": ("Tensor.shape = 7", "Tensor([1]).shape == (1,)"),
    "a name of the package": (
        "import tinytorch.core.tensor as t; t.NUMBERS = ()",
        "sys.modules['tinytorch.core.tensor'].NUMBERS != ()",
    ),
    "a module of the package": (
        "import sys; sys.modules['tinytorch.core.shapes'] = None",
        "sys.modules['tinytorch.core.shapes'] is not None",
    ),
    "the package deleted": (
        "import sys; [sys.modules.pop(n) for n in list(sys.modules) if n.startswith('tinytorch')]",
        "'tinytorch.core.tensor' in sys.modules and 'tinytorch.workshop.checks' in sys.modules",
    ),
}
FIRST = "def test_first():\n    Tensor([1]) + Tensor([2])\n"


@pytest.mark.parametrize(("deed", "well"), VANDALISM.values(), ids=VANDALISM)
def test_what_a_run_changes_is_put_back_for_later_checks_and_for_the_caller(check, deed, well):
    from tinytorch import Tensor

    names = {"np": np, "math": math, "os": os, "random": random, "sys": sys, "warnings": warnings}
    names |= {"pytest": pytest, "Tensor": Tensor}
    assert eval(well, dict(names)), "the test itself is wrong"
    report = check(body(deed, *REST), FIRST, f"def test_later():\n    assert {well}\n")
    assert report.checks[1].outcome == "passed", report.checks
    assert eval(well, dict(names))


CHECK_MODULE = {
    "replaced": (
        "import sys; sys._getframe(1).f_globals['expect_tensor'] = None",
        "expect_tensor is not None",
    ),
    "added": ("import sys; sys._getframe(1).f_globals['leaked'] = 1", "'leaked' not in globals()"),
    "deleted": ("import sys; del sys._getframe(1).f_globals['math']", "math"),
    "a later check": ("import sys; sys._getframe(1).f_globals['test_later'] = None", "test_later"),
}


@pytest.mark.parametrize(("deed", "well"), CHECK_MODULE.values(), ids=CHECK_MODULE)
def test_the_checks_own_module_is_the_same_for_every_check(check, deed, well):
    report = check(body(deed, *REST), FIRST, f"def test_later():\n    assert {well}\n")
    assert report.outcome == "passed", report.checks


def test_names_that_a_check_makes_global_are_gone_in_the_next(check):
    makes = "def test_first():\n    global made\n    made = Tensor([1]) + 1\n"
    assert check(RIGHT, makes, "def test_later():\n    assert 'made' not in globals()\n").outcome == "passed"


def test_random_numbers_of_the_caller_go_on_as_if_nothing_had_happened(check):
    random.seed(1)
    np.random.seed(1)
    expected = [random.random(), np.random.rand()]
    random.seed(1)
    np.random.seed(1)
    check(body("import random", "random.seed(7)", "np.random.seed(7)", "np.random.rand(3)", *REST), ADDS)
    assert [random.random(), np.random.rand()] == expected


def test_state_of_the_package_does_not_reach_the_next_check(check):
    seeds = "def test_seeds():\n    tinytorch.manual_seed(3)\n    Tensor([1]) + 1\n"
    fresh = "def test_fresh():\n    assert sys.modules['tinytorch.core.random']._default is None\n"
    assert check(RIGHT, seeds, fresh).outcome == "passed"
    state = sys.modules["tinytorch.core.random"]._default
    check(RIGHT, seeds)
    assert sys.modules["tinytorch.core.random"]._default is state


def test_every_check_sees_one_package_of_its_own(check):
    whole = (
        "def test_whole():\n    from tinytorch.core.tensor import Tensor as T\n"
        "    assert T is Tensor is tinytorch.Tensor is tinytorch.core.Tensor\n    T([1]) + 1\n"
    )
    report = check(RIGHT, whole, whole.replace("whole", "again"))
    assert report.outcome == "passed", report.checks


def test_the_caller_s_package_is_untouched(check):
    def package():
        return {name: module for name, module in sys.modules.items() if name.split(".")[0] == "tinytorch"}

    modules, tensor, add = package(), tinytorch.Tensor, tinytorch.Tensor.__add__
    names = {name: dict(vars(module)) for name, module in modules.items()}
    x = tinytorch.Tensor([1, 2])
    check(body("Tensor.__add__ = None", "return 7"))
    assert package() == modules and tinytorch.Tensor is tensor and tensor.__add__ is add
    assert {name: dict(vars(module)) for name, module in modules.items()} == names
    assert isinstance(x + x, tinytorch.Tensor)


def test_a_fresh_package_puts_back_what_was_there_and_takes_away_what_was_not(monkeypatch):
    monkeypatch.delitem(sys.modules, "tinytorch.core.shapes")
    with fresh_package({}):
        from tinytorch import Tensor

        assert Tensor is not tinytorch.Tensor and "tinytorch.core.shapes" in sys.modules
    assert sys.modules["tinytorch"] is tinytorch and "tinytorch.core.shapes" not in sys.modules


def test_fresh_modules_know_their_files_and_the_workshop(check):
    source = (
        "def test_files():\n    Tensor([1]) + 1\n"
        "    folder = tinytorch.__path__[0]\n"
        "    assert os.path.samefile(tinytorch.__file__, os.path.join(folder, '__init__.py'))\n"
        "    __import__('tinytorch.workshop.source')\n"
        "    assert tinytorch.core.tensor.__file__.endswith('tensor.py')\n"
    )
    assert check(RIGHT, source).outcome == "passed"


def test_checks_of_one_name_are_not_mistaken_for_each_other(check):
    holds = "def test_adds():\n    Tensor([1]) + 1\n"
    fails = "def test_adds():\n    assert False, 'other'\n"
    assert check(RIGHT, holds).outcome == "passed"
    assert check(RIGHT, fails).checks[0].message == "other"
    assert check(RIGHT, holds).outcome == "passed"


def test_a_submodule_that_was_imported_meanwhile_stays():
    package, lazy = types.ModuleType("package"), types.ModuleType("package.lazy")
    with names_restored(vars(package)):
        package.lazy, package.other = lazy, 7
    assert package.lazy is lazy and not hasattr(package, "other")


def test_an_error_leaves_nothing_behind_that_holds_its_memory(check):
    check(body("hog = np.ones(2**20)", "raise ValueError(hog)"), ADDS)
    assert not any(isinstance(thing, np.ndarray) and thing.size == 2**20 for thing in gc.get_objects())
    assert getattr(sys, "last_value", None) is None


def test_the_pytest_that_runs_this_is_untouched(check, request, capsys):
    import _pytest.assertion.util as util

    before = (util._config, util._reprcompare, os.environ.get("PYTEST_CURRENT_TEST"), list(sys.meta_path))
    handlers = list(__import__("logging").getLogger().handlers)
    check(body("import pytest; pytest.exit('all')"), ADDS, BROADCASTS)
    check(body("print('seen?')", "while True: pass"), ADDS, seconds=0.1)
    after = (util._config, util._reprcompare, os.environ.get("PYTEST_CURRENT_TEST"), list(sys.meta_path))
    assert after == before and before[2] is not None
    assert list(__import__("logging").getLogger().handlers) == handlers
    assert request.session.shouldstop is False and request.session.shouldfail is False
    assert capsys.readouterr() == ("", "")


def test_options_for_the_outer_pytest_do_not_reach_the_checks(check, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only -k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert check(RIGHT).outcome == "passed"


def test_no_folder_above_the_checks_has_a_say(check, monkeypatch, tmp_path):
    (tmp_path / "conftest.py").write_text("import pytest\npytest.exit('from above')\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "conftest.py").write_text("1 / 0\n")
    (scratch / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    monkeypatch.setattr(checks, "_scratch", lambda: scratch)
    seen = []
    monkeypatch.setattr(os, "scandir", lambda path=".", real=os.scandir: seen.append(str(path)) or real(path))
    assert check(RIGHT).outcome == "passed"
    assert str(tmp_path) not in seen and str(tmp_path.parent) not in seen


def test_two_hundred_checks_leave_no_modules_threads_files_or_classes(check, tmp_path, monkeypatch):
    checks._scratch()  # is there already
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # others use the usual folder, too
    many = "@pytest.mark.parametrize('n', range(20))\ndef test_many(n):\n    Tensor([n]) + Tensor([1])\n"
    wrong = body("return 1 / 0")

    def left():
        gc.collect()
        classes = sum(type(thing) is type and thing.__name__ == "Tensor" for thing in gc.get_objects())
        files = sum(len(names) for _, _, names in os.walk(checks._scratch()))
        folders = len(os.listdir(tempfile.gettempdir()))
        return set(sys.modules), threading.active_count(), classes, files, folders, len(gc.get_objects())

    for text in (RIGHT, wrong):
        check(text, many)
    *before, objects = left()
    for _ in range(5):
        for text in (RIGHT, wrong):
            check(text, many)
    *after, objects_now = left()
    assert after == before
    assert objects_now < objects * 1.01


def test_an_answer_cannot_bend_the_comparison_that_judges_it(check):
    bent = body(
        "np.isclose = lambda *args, **kwargs: np.True_", 'return Tensor(operands("+", self, other)[0])'
    )
    report = check(bent, ADDS)
    assert report.outcome == "failed"
