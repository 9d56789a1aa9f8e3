"""Build TinyTalks, 3,000 questions with answers, from the grammar below.

    python -m book.datasets.build_tinytalks

Each level has several kinds of questions. A kind lists everything that it could say; as many as it should
have are chosen by the SHA-256 of the question, so that every machine chooses the same. What means the same (3
plus 4, 4 plus 3) is a group, and a group is in one split only: a sum of the test was never trained in other
words. Facts are the exception, since nobody can guess a fact: what is held out there was trained, but asked
differently.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).parents[2] / "tinytorch" / "data" / "files" / "tinytalks.tsv"
HELD_OUT = 10  # one pair in so many is for validation, and one for the test

Said = tuple[str, str, object]  # question, answer, group


@dataclass(frozen=True)
class Kind:
    """One kind of question: how many of it, how many of one group at most, and all that there could be."""

    level: int
    count: int
    every: Callable[[], Iterable[Said]]
    per_group: int = 1
    facts: bool = False


def normal(text: str) -> str:
    """Return the words alone: questions that differ in case or punctuation only are the same question."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def build() -> list[tuple[int, str, str, str]]:
    """Return all rows: (level, split, question, answer), in the order of the file."""
    rows = [row for kind in KINDS for row in chosen(kind)]
    return sorted(rows, key=lambda row: (row[0], digest(row[2])))


def chosen(kind: Kind) -> Iterator[tuple[int, str, str, str]]:
    """Choose a kind's pairs and deal them out to the splits."""
    groups: dict[object, dict[str, Said]] = {}
    for said in kind.every():
        groups.setdefault(said[2], {})[normal(said[0])] = said
    by_chance = [sorted(group.values(), key=lambda said: digest(said[0])) for group in groups.values()]
    by_chance.sort(key=lambda group: digest(repr(group[0][2])))
    pairs = [said for group in by_chance for said in group[: kind.per_group]]
    held_out = kind.count // HELD_OUT
    if kind.facts:
        test, rest = hold_out_facts(pairs[: kind.count], held_out)
        val, train = hold_out_facts(rest, held_out)
    else:
        test, rest = hold_out_groups(pairs, held_out)
        val, train = hold_out_groups(rest, held_out)
    for split, pairs in (("test", test), ("val", val), ("train", train[: kind.count - 2 * held_out])):
        for question, answer, _ in pairs:
            yield kind.level, split, question, answer


def hold_out_groups(pairs: list[Said], count: int) -> tuple[list[Said], list[Said]]:
    """Take `count` pairs off the front, and drop what belongs to the same group as the last of them."""
    rest = itertools.dropwhile(lambda said: said[2] == pairs[count - 1][2], pairs[count:])
    return pairs[:count], list(rest)


def hold_out_facts(pairs: list[Said], count: int) -> tuple[list[Said], list[Said]]:
    """Take `count` pairs out whose answers are left in others."""
    left = Counter(answer for _, answer, _ in pairs)
    taken = []
    for said in pairs:
        if len(taken) < count and left[said[1]] > 1:
            left[said[1]] -= 1
            taken.append(said)
    return taken, [said for said in pairs if said not in taken]


def digest(text: str) -> str:
    """Return the number that decides in place of a die."""
    return hashlib.sha256(text.encode()).hexdigest()


def capital(text: str) -> str:
    """Begin a sentence with `text`."""
    return text[0].upper() + text[1:]


def listed(words: str) -> list[str]:
    """Make a list of words that are written with nothing between them."""
    return words.split()


# Words

NAMES = listed(
    "Ada Ben Cleo Dan Eva Finn Gia Hugo Ida Jan Kim Leo Mia Noa Ole Pia Rosa Sam Tess Uma Vera Will Yara Zoe"
)
COLOURS = {
    "green": ["grass", "a frog", "a pea", "a cucumber", "an emerald"],
    "white": ["snow", "milk", "a swan", "salt", "a polar bear"],
    "red": ["a tomato", "a strawberry", "a ruby", "blood"],
    "black": ["coal", "a raven", "tar", "a panther"],
    "yellow": ["a banana", "a lemon", "honey", "straw"],
    "blue": ["the sea", "the sky", "a sapphire"],
    "grey": ["an elephant", "a mouse", "ash"],
    "orange": ["a carrot", "a pumpkin"],
    "brown": ["chocolate", "coffee"],
}
LEGS = {
    "four": ["a dog", "a cat", "a horse", "a cow", "a frog", "a sheep", "a lion", "a pig"],
    "two": ["a hen", "a duck", "an owl", "a goose", "a swan"],
    "six": ["an ant", "a bee", "a fly", "a beetle"],
    "eight": ["a spider"],
    "no": ["a snake", "a fish", "a worm", "a snail"],
}
SOUNDS = {
    "dog": "barks",
    "cat": "meows",
    "cow": "moos",
    "duck": "quacks",
    "lion": "roars",
    "bee": "buzzes",
    "snake": "hisses",
    "wolf": "howls",
    "horse": "neighs",
    "owl": "hoots",
    "mouse": "squeaks",
    "sheep": "bleats",
    "frog": "croaks",
    "pig": "grunts",
    "rooster": "crows",
    "hen": "clucks",
    "donkey": "brays",
    "crow": "caws",
}
OPPOSITES = [
    *["hot cold", "big small", "fast slow", "old new", "wet dry", "high low", "full empty", "hard soft"],
    *["light dark", "loud quiet", "early late", "open closed", "rich poor", "strong weak", "thick thin"],
    *["long short", "happy sad", "clean dirty", "near far", "deep shallow", "sweet sour", "first last"],
    *["right wrong", "up down", "inside outside", "true false"],
]
DAYS = listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = listed("January February March April May June July August September October November December")
DRINKS = listed("tea milk coffee juice cocoa water")
FOODS = listed("bread soup cake rice apples cheese plums nuts")
PETS = listed("cat dog horse bird rabbit fish")
PET_NAMES = listed("Bella Coco Felix Luna Max Oscar Ruby Toby")
THINGS = listed("apples books pens cups eggs stamps coins shells")
BELONGINGS = listed("book cup hat key lamp map pen ring")
PLACES = ["in the box", "on the table", "under the bed", "in the bag", "on the shelf", "behind the door"]


# Level 1: greetings, and who is speaking


def introductions() -> Iterator[Said]:
    for name, hello in itertools.product(NAMES, ["Hi", "Hello", "Good morning", "Good evening", "Welcome"]):
        for me in (f"I am {name}", f"my name is {name}", f"this is {name}", f"{name} here"):
            yield f"{hello}, {me}.", f"{hello} {name}, nice to meet you.", (hello, me)


def moods() -> Iterator[Said]:
    for name, ask in itertools.product(NAMES, ["How are you", "How are you today", "Are you well"]):
        for hello in ("Hi", "Hello", "Good morning", "Good evening"):
            answer = (
                f"I am well, {name}. And you?" if ask.startswith("Are") else f"I am fine, {name}. And you?"
            )
            yield f"{hello}, I am {name}. {ask}?", answer, (name, ask, hello)


def farewells() -> Iterator[Said]:
    for name, bye in itertools.product(NAMES, ["Goodbye", "Good night", "Bye", "Farewell"]):
        for leave in ("I have to go", "It is late", "That was nice"):
            yield f"{leave}. {bye}, says {name}.", f"{bye} {name}, see you soon.", (name, bye, leave)


def thanks() -> Iterator[Said]:
    for thing, thank in itertools.product(
        [*DRINKS, *FOODS, *BELONGINGS],
        ["Thank you for the", "Many thanks for the", "How kind, thanks for the"],
    ):
        yield f"{thank} {thing}.", f"You are welcome. Enjoy the {thing}.", (thing, thank)


def identity() -> Iterator[Said]:
    asked = {
        "What is your name?": "My name is TinyTalk.",
        "How are you called?": "My name is TinyTalk.",
        "Who are you?": "I am TinyTalk, a very small model.",
        "What are you?": "I am TinyTalk, a very small model.",
        "Are you a person?": "No, I am a very small model.",
        "Are you a robot?": "No, I am a very small model.",
        "What can you do?": "I can answer small questions.",
        "How can you help me?": "I can answer small questions.",
        "Who made you?": "A reader of a book made me.",
        "Where do you come from?": "A reader of a book made me.",
        "How big are you?": "I am as small as I can be.",
        "Are you big?": "I am as small as I can be.",
    }
    openings = ["", "Hello.", "Excuse me.", "One question.", "Tell me.", "By the way.", "Please.", "Well."]
    for (question, answer), opening in itertools.product(asked.items(), openings):
        yield f"{opening} {question}".strip(), answer, (question, opening)


# Level 2: facts


def colours() -> Iterator[Said]:
    for colour, things in COLOURS.items():
        for thing in things:
            for question in (
                f"What colour is {thing}?",
                f"Which colour does {thing} have?",
                f"Tell me the colour of {thing}.",
                f"Do you know the colour of {thing}?",
                f"I forgot the colour of {thing}.",
            ):
                yield question, f"{capital(thing)} is {colour}.", question


def legs() -> Iterator[Said]:
    for number, animals in LEGS.items():
        for animal in animals:
            for question in (
                f"How many legs does {animal} have?",
                f"Tell me how many legs {animal} has.",
                f"Count the legs of {animal}.",
                f"Do you know how many legs {animal} has?",
            ):
                yield question, f"{capital(animal)} has {number} legs.", question


def sounds() -> Iterator[Said]:
    for animal, sound in SOUNDS.items():
        a = f"{'an' if animal[0] in 'aeiou' else 'a'} {animal}"
        for question in (
            f"What sound does {a} make?",
            f"Which sound do you hear from {a}?",
            f"Tell me the sound of {a}.",
            f"Do you know the sound of {a}?",
            f"How does {a} sound?",
        ):
            yield question, f"{capital(a)} {sound}.", question


def opposites() -> Iterator[Said]:
    pairs = [pair.split() for pair in OPPOSITES]
    both = [*pairs, *([b, a] for a, b in pairs)]
    for word, other in both:
        for question in (
            f"What is the opposite of {word}?",
            f"Tell me the opposite of {word}.",
            f"Which word is the opposite of {word}?",
            f"If it is not {word}, what is it?",
        ):
            yield question, f"The opposite of {word} is {other}.", question


def calendar() -> Iterator[Said]:
    for unit, cycle in (("day", DAYS), ("month", MONTHS)):
        for i, name in enumerate(cycle):
            for when, other in (("after", cycle[(i + 1) % len(cycle)]), ("before", cycle[i - 1])):
                for question in (
                    f"Which {unit} comes {when} {name}?",
                    f"What {unit} is {when} {name}?",
                    f"Tell me the {unit} {when} {name}.",
                    f"Do you know the {unit} {when} {name}?",
                ):
                    yield question, f"{other} comes {when} {name}.", question


# Level 3: one step of arithmetic


def sums() -> Iterator[Said]:
    for a, b in itertools.product(range(21), repeat=2):
        for question in (f"What is {a} plus {b}?", f"How much is {a} plus {b}?", f"Add {a} and {b}."):
            yield question, f"{a} plus {b} is {a + b}.", ("plus", *sorted((a, b)))


def differences() -> Iterator[Said]:
    for a, b in itertools.product(range(21), repeat=2):
        if a >= b:
            for question in (f"What is {a} minus {b}?", f"How much is {a} minus {b}?", f"Take {b} from {a}."):
                yield question, f"{a} minus {b} is {a - b}.", ("minus", a, b)


def products() -> Iterator[Said]:
    for a, b in itertools.product(range(1, 7), repeat=2):  # learned by heart, so they count as facts
        for question in (f"What is {a} times {b}?", f"How much is {a} times {b}?", f"Multiply {a} by {b}."):
            yield question, f"{a} times {b} is {a * b}.", question


def comparisons() -> Iterator[Said]:
    for a, b in itertools.permutations(range(21), 2):
        low, high = sorted((a, b))
        yield f"Which is larger, {a} or {b}?", f"{high} is larger than {low}.", (low, high)
        yield f"Which is smaller, {a} or {b}?", f"{low} is smaller than {high}.", (low, high)


# Level 4: two steps; the answer shows the way


def long_sums() -> Iterator[Said]:
    for a, b, c in itertools.product(range(10), repeat=3):
        answer = f"{a} plus {b} is {a + b}, and {a + b} plus {c} is {a + b + c}."
        yield f"What is {a} plus {b} plus {c}?", answer, tuple(sorted((a, b, c)))


def gains() -> Iterator[Said]:
    for name, thing, a, b in itertools.product(NAMES, THINGS, range(2, 11), range(2, 11)):
        question = f"{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have?"
        yield question, f"{a} plus {b} is {a + b}, so {name} has {a + b} {thing}.", (name, a, b)


def losses() -> Iterator[Said]:
    for name, thing, a, b in itertools.product(NAMES, THINGS, range(4, 15), range(2, 11)):
        if a - b >= 2:
            question = f"{name} has {a} {thing} and loses {b}. How many {thing} does {name} have?"
            yield question, f"{a} minus {b} is {a - b}, so {name} has {a - b} {thing}.", (name, a, b)


def sequences() -> Iterator[Said]:
    for start, step in itertools.product(range(13), range(1, 7)):
        shown = ", ".join(str(start + i * step) for i in range(3))
        answer = f"Each step adds {step}, so {start + 3 * step} comes next."
        yield f"Which number comes next: {shown}?", answer, (start, step)


def ages() -> Iterator[Said]:
    for a, b, c in itertools.permutations(NAMES, 3):
        story = f"{a} is older than {b}, and {b} is older than {c}."
        yield f"{story} Who is the oldest?", f"{a} is the oldest.", (a, b, c)
        yield f"{story} Who is the youngest?", f"{c} is the youngest.", (a, b, c)


# Level 5: small dialogues. A stroke separates the turns; the answer needs an earlier one


def remembered_names() -> Iterator[Said]:
    for name, hello, ask in itertools.product(
        NAMES, ["Hi", "Hello", "Good morning", "Good evening"], ["What is my name?", "Who am I?"]
    ):
        turns = f"{hello}, I am {name}. / {hello} {name}. / {ask}"
        yield turns, f"Your name is {name}." if "name?" in ask else f"You are {name}.", turns


def corrected_names() -> Iterator[Said]:
    for first, second in itertools.permutations(NAMES, 2):
        turns = f"I am {first}. / Hello {first}. / No, I am {second}. / Sorry, {second}. / What is my name?"
        yield turns, f"Your name is {second}.", turns


def tastes() -> Iterator[Said]:
    for name, taste in itertools.product(NAMES, [*DRINKS, *FOODS]):
        turns = f"I am {name} and I like {taste}. / Who does not like {taste}? / What do I like?"
        yield turns, f"You like {taste}, {name}.", turns


def two_tastes() -> Iterator[Said]:
    for (a, b), (x, y) in itertools.product(
        itertools.permutations(NAMES, 2), itertools.permutations([*DRINKS, *FOODS], 2)
    ):
        turns = f"{a} likes {x} and {b} likes {y}. / I see. / What does"
        yield f"{turns} {a} like?", f"{a} likes {x}.", (a, b, x, y)
        yield f"{turns} {b} like?", f"{b} likes {y}.", (a, b, x, y)


def pets() -> Iterator[Said]:
    for pet, called in itertools.product(PETS, PET_NAMES):
        for reply in (f"{called} is a nice name.", f"Hello {called}.", "How nice."):
            turns = f"My {pet} is called {called}. / {reply} / What is my {pet} called?"
            yield turns, f"Your {pet} is called {called}.", turns


def places() -> Iterator[Said]:
    for (a, b), (x, y) in itertools.product(
        itertools.permutations(BELONGINGS, 2), itertools.permutations(PLACES, 2)
    ):
        turns = f"My {a} is {x} and my {b} is {y}. / All right. / Where is my"
        yield f"{turns} {a}?", f"Your {a} is {x}.", (a, b, x, y)
        yield f"{turns} {b}?", f"Your {b} is {y}.", (a, b, x, y)


KINDS = (
    Kind(1, 240, introductions),
    Kind(1, 130, moods),
    Kind(1, 120, farewells),
    Kind(1, 50, thanks),
    Kind(1, 60, identity),
    Kind(2, 140, colours, facts=True),
    Kind(2, 70, legs, facts=True),
    Kind(2, 80, sounds, facts=True),
    Kind(2, 170, opposites, facts=True),
    Kind(2, 140, calendar, facts=True),
    Kind(3, 240, sums, per_group=2),
    Kind(3, 150, differences),
    Kind(3, 100, products, facts=True),
    Kind(3, 110, comparisons),
    Kind(4, 150, long_sums),
    Kind(4, 150, gains),
    Kind(4, 150, losses),
    Kind(4, 70, sequences),
    Kind(4, 80, ages),
    Kind(5, 100, remembered_names),
    Kind(5, 100, corrected_names),
    Kind(5, 100, tastes),
    Kind(5, 100, two_tastes),
    Kind(5, 100, pets),
    Kind(5, 100, places),
)


if __name__ == "__main__":
    lines = ["level\tsplit\tquestion\tanswer", *("\t".join(map(str, row)) for row in build())]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
