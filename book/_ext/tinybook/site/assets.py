"""Files that the pages load and that the repository does not hold: fonts, and KaTeX's style sheet.

They come from the same `node_modules` as the page's program. What the theme brings and no page uses goes.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

FONTS = {
    "text.woff2": "@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2",
    "text-italic.woff2": "@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-italic.woff2",
    "interface.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "code.woff2": "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
}
LICENCES = ("source-serif-4", "inter", "jetbrains-mono")
ICON_FONT = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")
UNUSED = (
    "scripts/fontawesome.js",
    "vendor",
    "images",
    "locales",
    "minus.png",
    "sbt-webpack-macros.html",
    "webpack-macros.html",
    "plus.png",
)


def _copy(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    modules = Path(app.srcdir) / app.config.tinybook_settings.node_modules
    static = Path(app.outdir) / "_static"
    _copy_fonts(modules, static / "fonts")
    _copy_katex(modules / "katex/dist", static / "katex")
    for name in UNUSED:
        path = static / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in static.rglob("*.map"):
        path.unlink()
    _drop_icon_font(static / "styles/pydata-sphinx-theme.css")


def _copy_fonts(modules: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, source in FONTS.items():
        _require(modules / source)
        shutil.copyfile(modules / source, target / name)
    for name in LICENCES:
        shutil.copyfile(modules / "@fontsource-variable" / name / "LICENSE", target / f"{name}.LICENSE.txt")


def _copy_katex(source: Path, target: Path) -> None:
    """Copy the style sheet and its fonts; woff2 alone, which every browser that runs the page reads."""
    _require(source / "katex.min.css")
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    for font in source.glob("fonts/*.woff2"):
        shutil.copyfile(font, target / "fonts" / font.name)
    shutil.copyfile(source / "katex.min.css", target / "katex.min.css")


def _drop_icon_font(path: Path) -> None:
    """The theme's icons are ours, inline; without this rule nothing asks for the font that is not there."""
    style = path.read_text(encoding="utf-8")
    path.write_text(ICON_FONT.sub("", style), encoding="utf-8")


def _require(path: Path) -> None:
    if not path.is_file():
        raise ExtensionError(f"{path} is missing; install the packages of lite/package.json first (npm ci)")


def setup_assets(app: Sphinx) -> None:
    """Register the copying."""
    app.connect("build-finished", _copy, priority=600)
