# %% [markdown]
# # Start here
#
# TinyTorch is a book in which you build your own PyTorch. Its chapters leave functions without a body; you
# write the bodies, and the page runs them and says, in words, what they do and what they do not do yet. What you
# have written becomes a package, `tinytorch`, and at the end of the road that package trains networks.
#
# There is nothing to install and no account to make. This page takes a few minutes and shows everything
# that the book does, on one small function.

# %% setup=true
from tinytorch.core.shapes import numel
from tinytorch.workshop.expect import expect_equal

# %% [markdown]
# ## Write one line
#
# Numbers come in grids. Thirty-two pictures of 28 rows by 28 columns make a grid of **shape** `(32, 28, 28)`: one
# size for each direction, written as a tuple. How many numbers is that? Everything that asks how much
# memory something takes asks this first, so it is the first function of the package.
#
# Below is its **stub**: the first line, a docstring that says what is wanted, and a line that says that the rest
# is missing. Before you solve it, fail on purpose, so that you know what help looks like:
#
# 1. Press **Check** as it is. Python loads now; the first time takes a moment. Then the page says that this is not written yet.
# 2. Replace the last two lines by `return sum(shape)` and check again. Read what the page answers.
# 3. Now write what the function should do, and check until everything passes.

# %% exercise="numel" object="tinytorch.core.shapes:numel" points=1 title="Count the numbers in a grid"
# - Two rows of three are six: sizes multiply. A grid with more directions multiplies on.
# - Start with `count = 1`, go through the sizes with a `for` loop, and let each one multiply `count`.
# - Inside the loop: `count *= size`. After it, at the margin of the `for`: `return count`.

# %% checks="numel"


def test_sizes_multiply():
    """The numbers in a grid are the product of its sizes: `(2, 3)` holds 6."""
    mistakes = [
        (5, "That is the sum of the sizes. Two rows of three numbers: what do you do with 2 and 3?"),
        (
            2,
            "That is the first size alone. Does `return` stand inside the loop, so that it ends in round one?",
        ),
        (3, "That is the last size alone. Multiply the sizes; do not replace one by the next."),
    ]
    expect_equal(numel((2, 3)), 6, "`numel((2, 3))`", mistakes=mistakes)
    expect_equal(numel((32, 28, 28)), 25_088, "`numel((32, 28, 28))`", "Multiply all sizes, however many.")


def test_one_size():
    """A single row of seven, shape `(7,)`, holds 7."""
    expect_equal(numel((7,)), 7, "`numel((7,))`", "With one size there is nothing to multiply it with but 1.")


def test_no_sizes_at_all():
    """A single number has the shape `()`, with no sizes, and counts as 1."""
    hint = "`()` is a lone number, not an empty grid. Which number can you multiply by without changing anything?"
    expect_equal(numel(()), 1, "`numel(())`", hint)


def test_a_size_of_zero():
    """If any size is 0, there are no numbers at all."""
    hint = "Three rows of nothing are nothing: zero is a size like any other."
    expect_equal(numel((3, 0)), 0, "`numel((3, 0))`", hint)
    expect_equal(numel((0, 3)), 0, "`numel((0, 3))`", hint)


def test_a_million_pictures():
    """Large counts are exact: 1,200,000 pictures of 224 × 224 × 3 hold 180,633,600,000 numbers."""
    hint = "Multiply Python's own integers: they never overflow and never round."
    expect_equal(numel((1_200_000, 224, 224, 3)), 180_633_600_000, "`numel((1_200_000, 224, 224, 3))`", hint)


# %% wrong="numel" name="adds" says="That is the sum of the sizes"
def numel(shape):
    return sum(shape)


# %% wrong="numel" name="returns_too_early" says="Does `return` stand inside the loop"
def numel(shape):
    count = 1
    for size in shape:
        count *= size
        return count


# %% wrong="numel" name="prints" says="Does your function end with a return?"
def numel(shape):
    count = 1
    for size in shape:
        count *= size
    print(count)


# %% wrong="numel" name="nothing_in_a_scalar" says="is a lone number, not an empty grid"
def numel(shape):
    if not shape:
        return 0
    count = 1
    for size in shape:
        count *= size
    return count


# %% [markdown]
# Every chapter continues like this: what you have just written is used at once. Below is an **experiment**: code
# that is already complete. The output that you see was made when this page was built; **Run** makes it
# anew, with your `numel` if it passed its checks.

# %% experiment="count_pictures" title="How many numbers?"
for name, shape in [
    ("one picture of a digit", (28, 28)),
    ("a batch of 32 of them", (32, 28, 28)),
    ("one colour photograph", (224, 224, 3)),
    ("a batch of 32 of those", (32, 224, 224, 3)),
]:
    print(f"{name:24} {shape!s:20} {numel(shape):>12,}")

# %% [markdown]
# ## The buttons
#
# **Check**
# : runs the checks on what the editor holds. *What the checks ask* lists them before you start.
#
# **Stop**
# : ends what is running. Nothing that you typed is lost.
#
# **Reset**
# : brings the stub back.
#
# **Hint**
# : opens the next hint. The first one only points in a direction; the last one nearly says it.
#
# **Solution**
# : shows how the book does it. Looking is not cheating; write it yourself afterwards.
#
# From the keyboard, <kbd>Ctrl</kbd>+<kbd>Enter</kbd> checks. In the editor <kbd>Tab</kbd> indents; to leave it without a
# mouse press <kbd>Esc</kbd>, then <kbd>Tab</kbd>.
#
# An exercise is *to do*, *failing* or *passed*, here and in the list of chapters. Checks look only at what your
# function does: any way of writing it that behaves as asked is right.

# %% [markdown]
# ## Where your work is kept
#
# In this browser, on this device, as you type. Nothing you write is sent anywhere, because there is nowhere to send
# it to: this site hands out files and has no place to put yours. So you can close the tab and come back
# tomorrow. It also means that another browser knows nothing of your work, and that clearing this site's data, or closing
# a private window, deletes it.
#
# Export it now and then. The ZIP holds your answers and can be imported here, in another browser or on another machine. So
# can a wheel or a notebook that you exported, also after you went on with it elsewhere.
#
# ```{workspace}
# ```

# %% [markdown] question="where_is_it"
# You solve three exercises in the library, on a computer that deletes all browser data in the evening. How do you continue at home?
#
# - [ ] Open the same page at home and log in :: There is no log-in: the site keeps nothing about you.
# - [x] Export a ZIP, take it along, and import it at home :: The ZIP is the only copy that leaves the browser.
# - [ ] The page finds the answers by its address :: Answers lie in the browser's storage, not behind the address.

# %% [markdown]
# ## What runs where
#
# Learning systems means asking what runs where, so let us begin with this page. Python runs
# inside your tab: the interpreter and NumPy were compiled to WebAssembly, a portable machine code that browsers
# execute. They run in a **worker**, a thread of its own, so that a slow loop does not freeze the text you read.
#
# <figure class="tt-figure">
# <svg class="tt-diagram" viewBox="0 0 620 127" width="620" role="img" aria-labelledby="where-title where-desc" font-size="13" fill="currentColor">
# <title id="where-title">What runs where</title>
# <desc id="where-desc">Inside your browser tab are three parts: the storage of the browser, which keeps what you wrote; the page with text, editor and results; and a worker, in which Python, NumPy and your tinytorch run. The page talks to the other two. Outside is this site, which only hands out files. An arrow leads from the site to the tab; none leads back.</desc>
# <rect x="1" y="1" width="458" height="124" rx="8" fill="none" stroke="currentColor" stroke-dasharray="4 4"/>
# <text x="14" y="20" text-anchor="start">your browser, this tab</text>
# <rect x="14" y="32" width="104" height="80" rx="6" stroke="currentColor" fill="none"/><text x="26" y="54" text-anchor="start" font-weight="600">its storage</text><text x="26" y="74" text-anchor="start">what you</text><text x="26" y="92" text-anchor="start">wrote</text>
# <rect x="144" y="32" width="130" height="80" rx="6" stroke="currentColor" fill="none"/><text x="156" y="54" text-anchor="start" font-weight="600">the page</text><text x="156" y="74" text-anchor="start">text, editor,</text><text x="156" y="92" text-anchor="start">results</text>
# <rect x="300" y="32" width="148" height="80" rx="6" stroke="currentColor" fill="var(--tt-accent, #2f6fab)" fill-opacity=".12"/><text x="312" y="54" text-anchor="start" font-weight="600">a worker</text><text x="312" y="74" text-anchor="start">Python, NumPy,</text><text x="312" y="92" text-anchor="start">your tinytorch</text>
# <path d="M118 72h26M274 72h26" stroke="var(--tt-accent, #2f6fab)" stroke-width="2"/>
# <rect x="500" y="32" width="118" height="80" rx="6" stroke="currentColor" fill="none"/><text x="512" y="54" text-anchor="start" font-weight="600">this site</text><text x="512" y="74" text-anchor="start">files, read only</text>
# <path d="M500 72h-41m8 -5l-8 5l8 5" stroke="var(--tt-accent, #2f6fab)" stroke-width="2" fill="none"/>
# </svg>
# <figcaption>The only arrow across the border points towards you.</figcaption>
# </figure>
#
# A program can ask where it is. The output below comes from the computer that built this page. Run it, and the
# answers come from your tab.

# %% experiment="where_am_i" title="Where does this run?"
import platform
import sys
import timeit

import numpy as np

print("system           ", sys.platform)
print("machine          ", platform.machine())
print("Python           ", platform.python_version())
print("NumPy            ", np.__version__)
print("bits of a size   ", sys.maxsize.bit_length() + 1)
print("deepest recursion", sys.getrecursionlimit())

million = range(1_000_000)
seconds = min(timeit.repeat(lambda: sum(million), number=1, repeat=5))
print(f"adding a million integers took {seconds * 1e3:.1f} ms")

# %% [markdown]
# In a tab the system is `emscripten`, the name of the tools that compiled it, and the machine has 32 bits, so one
# program can never use more than 4 GB. Recursion may go less deep there, because a worker's stack is small. The speed is
# for you to compare. None of this changes what the book teaches, but it changes what is fast, and the book will come
# back to it.

# %% [markdown] question="four_gigabytes"
# A machine with 32-bit addresses can name 2³² bytes. How many numbers of 4 bytes each fit there, at most?
#
# = 2**32 / 4 numbers ± 1%
# > 2³² / 4 = 2³⁰: about a thousand million. The numbers of the million pictures above do not fit.

# %% [markdown]
# ## Without a network
#
# A page that you have read, and the Python that runs in it, stay on this device: when the network goes away in the middle
# of a chapter, you go on reading, writing and checking. For a journey, take all of it:
#
# ```{offline}
# ```
#
# ## When something is stuck
#
# - **It runs and runs.** Press Stop. If your code has an endless loop, Python may have to start again; your text stays.
# - **The editor is in a mess.** Reset brings the stub back.
# - **The page behaves strangely.** Reload it. Your work is read back from the browser.
# - **You do not understand an answer.** Read its first line for what went wrong, and the line below for what to do. Then open a hint.
#
# ## The ways out
#
# You are not tied to this page.
#
# - **A project.** The ZIP is a small Python project: your answers, the package that they make, and the checks as ordinary `pytest` files.
# - **A wheel.** Your package in the form that pip installs.
# - **A notebook.** Each chapter is also a notebook: exported with your answers in it, for Jupyter or Colab, or in <a href="../lite/index.html">JupyterLite</a>, which runs in a tab of its own, without a server as well.
# - **Your own machine.** The exercises as plain files, in your editor and with your Python: [how to install them](../book/native.md). The book's repository is for who wants to build the book itself.
#
# ## Next
#
# You have counted the numbers in a grid. The next chapter, [Tensor](01_tensor), builds the grid itself, and uses your `numel` to say
# how many bytes it takes.
