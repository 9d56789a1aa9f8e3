"""A Report for the developers' page, made while it is built: so the example agrees with the schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tinybook.reading.reader import package_file, read_chapter

# In a process of its own: checks load fresh copies of the package, and this process is using it.
PROGRAM = """
import json, sys
from tinytorch.workshop.service import Service
chapter = json.load(sys.stdin)
exercise = chapter["exercises"][0]
service = Service()
service.handle(json.dumps({"kind": "open", "chapter": chapter}), print)
request = {"kind": "check", "exercise": exercise["name"], "text": exercise["stub"]}
print(json.dumps(json.loads(service.handle(json.dumps(request), lambda event: None))["report"]))
"""


class ReportDirective(SphinxDirective):
    """`{report}`: what the first exercise of module 01 reports about its blank stub."""

    def run(self) -> list[nodes.Node]:
        """Run the checks and show the Report, with one of its checks."""
        root = Path(self.env.srcdir)
        chapter = read_chapter(root / "exercises/01_tensor.py", root)
        for file in ("exercises/01_tensor.py", package_file(chapter.exercises[0].object)):
            self.env.note_dependency(file)
        report = json.loads(_run(json.dumps(chapter.to_dict()), root))
        report["checks"] = report["checks"][:1]
        text = json.dumps(report, indent=2, ensure_ascii=False)
        node = nodes.literal_block(text, text, language="json")
        self.set_source_info(node)
        return [node]


def _run(chapter: str, root: Path) -> str:
    command = [sys.executable, "-c", PROGRAM]
    result = subprocess.run(
        command, input=chapter, cwd=root, capture_output=True, text=True, timeout=120, check=True
    )
    return result.stdout.splitlines()[-1]


def setup_report(app: Sphinx) -> None:
    """Register the example."""
    app.add_directive("report", ReportDirective)
