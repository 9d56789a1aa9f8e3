"""Drawings of graphs: well-formed, complete, in order, and bounded."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tinytorch import Tensor, ones, zeros
from tinytorch.core.draw import MOST, draw_graph
from tinytorch.nn import functional as F
from tinytorch.workshop.picture import picture_of

SVG = "{http://www.w3.org/2000/svg}"


def boxes_of(svg):
    """Return each box's rectangle (left, top, right, bottom), and the words in it."""
    found = []
    for element in ElementTree.fromstring(svg):
        if element.tag == SVG + "rect":
            x, y, width, height = (float(element.get(name)) for name in ("x", "y", "width", "height"))
            found.append(((x, y, x + width, y + height), []))
        elif element.tag == SVG + "text" and found:
            found[-1][1].append(element.text)
    return found


def layer(x, w, b):
    return (F.relu(x @ w + b) * 2).sum() + (w * w).sum()


def test_every_operation_and_every_tensor_has_a_box_with_its_name_and_shape():
    x, w, b = ones(4, 3), ones(3, 5, requires_grad=True), zeros(5, requires_grad=True)
    drawing = draw_graph(layer(x, w, b), x=x, w=w)
    words = sorted(" ".join(lines) for _, lines in boxes_of(drawing._repr_svg_()))
    operations = ["matmul (4, 5)", "add (4, 5)", "relu (4, 5)", "mul (4, 5)", "mul (3, 5)"]
    assert words == sorted([*operations, "sum ()", "sum ()", "add ()", "x (4, 3)", "w (3, 5)", "(5,)", "2"])
    picture = picture_of(drawing)
    assert picture.alt.startswith("The graph of 8 operations") and "matmul(x, w)" in picture.alt


def test_the_text_is_a_program_in_the_order_of_computing():
    x, w, b = ones(4, 3), ones(3, 5, requires_grad=True), zeros(5, requires_grad=True)
    lines = repr(draw_graph(layer(x, w, b), x=x, w=w)).splitlines()
    assert len(lines) == 8 and lines[-1].endswith("shape ()")
    assert any(re.fullmatch(r"t\d = add\(t\d, leaf \(5,\)\), shape \(4, 5\)", line) for line in lines)
    known = set()
    for line in lines:
        name, call = line.split(" = ")
        assert set(re.findall(r"\bt\d+\b", call)) <= known
        known.add(name)


def test_boxes_do_not_overlap_and_everything_lies_inside_the_picture():
    x = ones(3, 3, requires_grad=True)
    y = x
    for _ in range(4):
        y = (y @ x + F.softmax(y) * F.tanh(y)).sum(axis=0, keepdims=True) / x
    svg = draw_graph(y.sum())._repr_svg_()
    left, top, width, height = map(float, ElementTree.fromstring(svg).get("viewBox").split())
    rectangles = [rectangle for rectangle, _ in boxes_of(svg)]
    assert len(rectangles) > 20
    for i, (x0, y0, x1, y1) in enumerate(rectangles):
        assert left <= x0 and top <= y0 and x1 <= left + width and y1 <= top + height
        for a0, b0, a1, b1 in rectangles[i + 1 :]:
            assert x1 <= a0 or a1 <= x0 or y1 <= b0 or b1 <= y0


def test_what_uses_a_tensor_is_drawn_below_it():
    x = Tensor([1.0], requires_grad=True)
    y = ((x.exp()).log()).sqrt()
    tops = {lines[0]: rectangle[1] for rectangle, lines in boxes_of(draw_graph(y, x=x)._repr_svg_())}
    order = [tops[name] for name in ("x", "exp", "log", "sqrt")]
    assert all(above < below for above, below in pairwise(order))


def test_of_a_large_graph_the_end_is_drawn_and_the_rest_is_counted():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + x
    drawing = draw_graph(y)
    svg = drawing._repr_svg_()
    drawn = len(boxes_of(svg))
    assert drawn <= MOST and len(svg) < 100_000
    assert f"and {20_000 - (drawn - 1):} earlier operations" in svg


def test_names_are_text_whatever_they_are_called():
    x = Tensor(1.0, requires_grad=True)
    svg = draw_graph(x * 2, **{"<x> & y": x})._repr_svg_()
    assert any("<x> & y" in lines for _, lines in boxes_of(svg))


def test_what_cannot_be_drawn():
    x = Tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match="nothing was recorded"):
        draw_graph(x)
    y = x * 2
    y.backward()
    with pytest.raises(RuntimeError, match="released"):
        draw_graph(y)
