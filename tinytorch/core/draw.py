"""Draw the graph that leads to a tensor: what was computed, from what, in which order.

Numbers flow downwards, from the leaves at the top to the result at the bottom; backward walks up. Boxes lie
in layers, each above everything that uses it. An edge that passes a layer gets a place of its own there, so
that it does not run through a box.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from tinytorch.core.autograd import Node, topological_order
from tinytorch.core.tensor import Tensor

MOST = 30  # boxes in one picture; of a larger graph the end is drawn

_LETTER, _LINE, _PAD, _GAP, _RISE = 8.2, 18, 10, 18, 34  # pixels, for letters that are 14 high
_STYLES = {
    "leaf": 'fill="#e3eefa" stroke="#1f5c99" stroke-width="2"',
    "constant": 'fill="#ffffff" stroke="#777777" stroke-dasharray="4 3"',
    "operation": 'fill="#ffffff" stroke="#222222" rx="14"',
    "result": 'fill="#fdf1d6" stroke="#222222" stroke-width="2" rx="14"',
}


@dataclass(eq=False)
class Box:
    """A tensor that went in, or an operation; without lines, a place that an edge passes."""

    kind: str
    lines: tuple[str, ...] = ()
    below: list[Box] = field(default_factory=list)  # where it leads
    layer: int = 0  # counted from the result
    x: float = 0.0  # its middle
    top: float = 0.0
    bottom: float = 0.0

    @property
    def width(self) -> float:
        return max(map(len, self.lines)) * _LETTER + 2 * _PAD if self.lines else 8.0

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + _PAD


class Drawing:
    """A graph: as text, a line for each operation; as a picture where pictures can be shown."""

    def __init__(self, steps: list[str], boxes: list[Box], left_out: int) -> None:
        self._steps, self._boxes, self._left_out = steps, boxes, left_out

    def __repr__(self) -> str:
        return "\n".join(self._steps)

    def _repr_svg_(self) -> str:
        layers = _in_layers(self._boxes)
        width, height = _place(layers)
        note = f"and {self._left_out} earlier operations, not drawn" if self._left_out else ""
        return _svg([box for layer in layers for box in layer], width, height, note, self._steps)


def draw_graph(result: Tensor, **names: Tensor) -> Drawing:
    """Draw what `result` was computed from. `draw_graph(y, x=x, w=w)` calls two tensors by their names.

    Raises:
        ValueError: nothing was recorded for this tensor.
        RuntimeError: backward has released the graph. Draw it before that, or retain it.
    """
    if result.grad_fn is None:
        raise ValueError(
            "draw_graph: nothing was recorded for this tensor; it is a leaf, or no input asked for gradients."
        )
    order = topological_order(result.grad_fn)  # from the result up
    made = {result.grad_fn: result}  # what came out of each node
    for node in order:
        made |= {x.grad_fn: x for x in _tensors(node) if x.grad_fn is not None}
    called = {id(tensor): name for name, tensor in names.items()}
    steps = _steps(order, made, called)

    operations: dict[Node, Box] = {}
    others: dict[int, Box] = {}
    for node in order:
        if len(operations) + len(others) + len(node.inputs or ()) >= MOST:
            break
        box = Box("operation", (_name(node), str(made[node].shape)))
        operations[node] = box
        for value in _values(node):
            if not isinstance(value, Tensor):
                others[-len(others) - 1] = Box("constant", (f"{value:g}",), [box])
            elif value.grad_fn is None:
                kind = "leaf" if value.requires_grad else "constant"
                lines = (*filter(None, [called.get(id(value))]), str(value.shape))
                others.setdefault(id(value), Box(kind, lines)).below.append(box)
    for node, box in operations.items():
        for parent in node.parents():
            if parent in operations:
                operations[parent].below.append(box)
    operations[result.grad_fn].kind = "result"
    return Drawing(steps, [*operations.values(), *others.values()], len(order) - len(operations))


def _tensors(node: Node) -> list[Tensor]:
    return [value for value in node.inputs or () if isinstance(value, Tensor)]


def _values(node: Node) -> list[Tensor | float]:
    """Return the tensors and numbers that were computed with, but no axes and no sizes."""
    arithmetic = _name(node) in ("add", "sub", "mul", "truediv", "pow")
    return [
        value
        for value in node.inputs or ()
        if isinstance(value, Tensor) or (arithmetic and isinstance(value, (bool, int, float)))
    ]


def _name(node: Node) -> str:
    return repr(node).strip("<>")


def _steps(order: list[Node], made: dict[Node, Tensor], called: dict[int, str]) -> list[str]:
    """Write the graph as a program, in the order in which it was computed."""
    numbers = {node: f"t{number}" for number, node in enumerate(reversed(order), 1)}

    def word(value: Tensor | float) -> str:
        if not isinstance(value, Tensor):
            return f"{value:g}"
        if value.grad_fn is not None:
            return numbers[value.grad_fn]
        return called.get(id(value)) or f"{'leaf' if value.requires_grad else 'constant'} {value.shape}"

    return [
        f"{numbers[node]} = {_name(node)}({', '.join(map(word, _values(node)))}), shape {made[node].shape}"
        for node in reversed(order)
    ]


# Layout


def _in_layers(boxes: list[Box]) -> list[list[Box]]:
    """Return copies of the boxes in layers, the result's first, with places for the edges that pass."""
    copies = {box: Box(box.kind, box.lines) for box in boxes}
    for box in boxes:  # operations come from the result up, so what uses a box comes before it
        copies[box].layer = max((copies[below].layer + 1 for below in box.below), default=0)
    layers: list[list[Box]] = [[] for _ in range(1 + max(box.layer for box in copies.values()))]
    for box, copy in copies.items():
        layers[copy.layer].append(copy)
        for target in dict.fromkeys(copies[below] for below in box.below):
            end = target
            for layer in range(target.layer + 1, copy.layer):
                end = Box("passing", below=[end], layer=layer)
                layers[layer].append(end)
            copy.below.append(end)
    return layers


def _place(layers: list[list[Box]]) -> tuple[float, float]:
    """Give each box its coordinates, close to what it leads to; return the width and height of all."""
    for layer in layers:
        layer.sort(key=lambda box: sum(below.x for below in box.below) / max(len(box.below), 1))
        x = -sum(box.width + _GAP for box in layer) / 2
        for box in layer:
            box.x = x + (box.width + _GAP) / 2
            x += box.width + _GAP
    y = 0.0
    for layer in reversed(layers):
        height = max(box.height for box in layer)
        for box in layer:
            space = (height - box.height) / 2 if box.lines else 0
            box.top, box.bottom = y + space, y + height - space
        y += height + _RISE
    boxes = [box for layer in layers for box in layer]
    left = min(box.x - box.width / 2 for box in boxes)
    for box in boxes:
        box.x -= left
    return max(box.x + box.width / 2 for box in boxes), y - _RISE


def _svg(boxes: list[Box], width: float, height: float, note: str, steps: list[str]) -> str:
    words = "; ".join(steps[-MOST:])
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="-4 -4 {width + 8:.0f} {height + 8 + (_LINE if note else 0):.0f}" '
        f'width="{width + 8:.0f}" height="{height + 8 + (_LINE if note else 0):.0f}" '
        'font-family="system-ui, sans-serif" font-size="14" text-anchor="middle" fill="#222222">',
        f"<title>The graph of {len(steps)} operations</title>",
        f"<desc>{escape(words + ('; ' + note if note else ''))}.</desc>",
    ]
    parts += [_edge(box, below) for box in boxes for below in box.below]
    parts += [line for box in boxes for line in _box(box)]
    if note:
        parts.append(f'<text x="{width / 2:.0f}" y="{height + _LINE:.0f}">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>"])


def _edge(box: Box, below: Box) -> str:
    x, y, to_x, to_y = box.x, box.bottom, below.x, below.top
    path = f"M {x:.0f} {y:.0f} C {x:.0f} {y + 17:.0f} {to_x:.0f} {to_y - 17:.0f} {to_x:.0f} {to_y:.0f}"
    if below.lines:  # it arrives
        path += " m -4 -7 l 4 7 l 4 -7"
    else:
        path += f" V {below.bottom:.0f}"
    return f'<path d="{path}" fill="none" stroke="#555555" stroke-width="1.5"/>'


def _box(box: Box) -> list[str]:
    if not box.lines:
        return []
    lines = [
        f'<text x="{box.x:.0f}" y="{box.top + _PAD / 2 + _LINE * row + 14:.0f}">{escape(line)}</text>'
        for row, line in enumerate(box.lines)
    ]
    return [
        f'<rect x="{box.x - box.width / 2:.0f}" y="{box.top:.0f}" width="{box.width:.0f}" '
        f'height="{box.height:.0f}" {_STYLES[box.kind]}/>',
        *lines,
    ]
