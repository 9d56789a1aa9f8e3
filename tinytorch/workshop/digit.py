"""A drawn digit, read by the network that the reader trained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinytorch.workshop.curriculum import Milestone
from tinytorch.workshop.explain import explain
from tinytorch.workshop.fresh import Answers
from tinytorch.workshop.kept import Damaged, unpack
from tinytorch.workshop.limits import Output, TimeUp, TooMuchOutput, redirected
from tinytorch.workshop.networks import softmax
from tinytorch.workshop.program import Improper, ask, load
from tinytorch.workshop.source import Refused
from tinytorch.workshop.world import world

SIDE, CLASSES = 28, 10
TASK = "digits"
DIGIT_SECONDS = 10.0


def read_digit(
    milestone: Milestone,
    source: str,
    texts: Mapping[str, str],
    model: bytes,
    pixels: bytes,
    seconds: float | None = DIGIT_SECONDS,
) -> list[float]:
    """Return ten probabilities for 28 x 28 bytes, 0 for paper and 255 for ink.

    The network is made by the program, on the package with the learner's `texts` in it, with the weights of
    `model`. Its ten scores become probabilities here.

    Raises:
        Refused: the weights or the pixels are damaged, or the network does not compute.
    """
    if len(pixels) != SIDE * SIDE:
        raise Refused(f"A drawn digit has {SIDE} x {SIDE} pixels; {len(pixels):,} bytes came.")
    try:
        weights = unpack(milestone.year, model).get(TASK)
    except Damaged as damaged:
        raise Refused(f"The kept weights cannot be used: {damaged}. Run the milestone again.") from None
    if weights is None:
        raise Refused(f"The milestone {milestone.year} has trained no network that reads digits.")
    image = np.frombuffer(pixels, np.uint8).reshape(1, -1).astype("float32") / 255
    scores = _scores(source, texts, weights, image, seconds)
    if scores.shape != (1, CLASSES) or not np.isfinite(scores).all():
        raise Refused(f"Your network should answer with {CLASSES} scores; it gave an array {scores.shape}.")
    return [float(share) for share in softmax(scores)[0]]


def _scores(
    source: str,
    texts: Mapping[str, str],
    weights: Mapping[str, np.ndarray],
    image: np.ndarray,
    seconds: float | None,
) -> np.ndarray:
    answers = Answers(texts)
    try:
        with redirected(Output()), world(answers, seconds):
            network = load(source)["network"]()
            network.load_state_dict(weights)
            return ask(network, image)
    except KeyboardInterrupt:  # somebody pressed Stop
        raise
    except TimeUp:
        reason = "it took too long"
    except TooMuchOutput:
        reason = "it printed too much"
    except Improper as improper:
        reason = improper.message
    except BaseException as error:  # of the learner's code, which may raise anything
        reason = explain(error)[0]
    raise Refused(f"Your network could not read the digit: {reason.rstrip('.')}.")
