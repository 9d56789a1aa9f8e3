"""The book's Sphinx extension: reads percent chapters, renders their exercises, writes their JSON.

`reading` turns a percent file into a chapter. `components` are the boxes on a page. `site` is what surrounds
the pages. The package of the framework is imported from the repository: the book shows it and runs it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the wheel's shelf is filled by parts of this package, where there is no Sphinx
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything: one line a part."""
    from tinybook.components.connections import setup_connections
    from tinybook.components.curriculum_map import setup_curriculum_map
    from tinybook.components.datasheet import setup_datasheet
    from tinybook.components.diagram import setup_diagram
    from tinybook.components.exercise import setup_exercise
    from tinybook.components.experiment import setup_experiment
    from tinybook.components.growth import setup_growth
    from tinybook.components.integration import setup_integration
    from tinybook.components.math import setup_math
    from tinybook.components.measured import setup_measured
    from tinybook.components.mine import setup_mine
    from tinybook.components.mine_package import setup_mine_package
    from tinybook.components.mine_private import setup_mine_private
    from tinybook.components.offline import setup_offline
    from tinybook.components.pull import setup_pull
    from tinybook.components.question import setup_question
    from tinybook.components.report import setup_report
    from tinybook.components.workspace import setup_workspace
    from tinybook.config import digest, setup_config
    from tinybook.site.addresses import setup_addresses
    from tinybook.site.assets import setup_assets
    from tinybook.site.chapters import setup_chapters
    from tinybook.site.navigation import setup_navigation
    from tinybook.site.policy import setup_policy

    for setup_part in (
        setup_config,
        setup_addresses,
        setup_chapters,
        setup_navigation,
        setup_exercise,
        setup_experiment,
        setup_integration,
        setup_question,
        setup_pull,
        setup_workspace,
        setup_offline,
        setup_connections,
        setup_curriculum_map,
        setup_growth,
        setup_mine,
        setup_mine_package,
        setup_mine_private,
        setup_math,
        setup_diagram,
        setup_measured,
        setup_datasheet,
        setup_report,
        setup_assets,
        setup_policy,
    ):
        setup_part(app)
    # Pages that an older extension parsed cannot be read by this one.
    version = digest(Path(__file__).parent.rglob("*.py"))
    return {
        "version": version,
        "env_version": version,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
