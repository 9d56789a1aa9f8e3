"""What the workshop's tests share: ways to run answers whose every report is held against the schema."""

import pytest
from small_chapter import small_chapter, with_checks
from valid_reports import validated

from tinytorch.workshop import checks, experiments


@pytest.fixture
def check():
    """Check a text as the answer to tensor_add, against the chapter's checks or the given ones."""

    def run(text, *sources, seconds=10.0, emit=None):
        chapter = with_checks(*sources) if sources else small_chapter()
        return validated(checks.run_checks(chapter, "tensor_add", text, emit, seconds))

    return run


@pytest.fixture
def experiment():
    """Run the first experiment of a chapter on answers by object; returns the report and the events."""

    def run(chapter, texts=None, seconds=20.0):
        events = []
        name = chapter.experiments[0].name
        report = experiments.run_experiment(chapter, name, texts or {}, events.append, seconds)
        return validated(report), events

    return run
