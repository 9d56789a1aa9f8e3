"""Give every address in the site its version, and list what the site holds.

What a page loads is asked for by an address that changes with its content, so no browser, cache or
half-copied site can give a page of one build a part of another:

    _static/book/page.css?v=3f2a…   what pages and styles refer to carries its hash; scripts and styles also
                                    `integrity`, which the browser compares with what arrives
    content/<hash>/chapters/….json  the chapters as pages fetch them; chapters/….json is for everybody else;
                                    milestones/….json likewise
    runtime/<hash>/pyodide/…        Pyodide's core, whose names never change, below a hash of the core
    offline/<site>.json             every file of this build, with the hash that an offline copy is held to

A page says which build it belongs to: `site` in its configuration. That name is a hash of everything else.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

FORMAT = 1
TAG = re.compile(r"<(?P<name>script|link|img)\b(?P<attributes>[^>]*)>")
ADDRESS = re.compile(r'\b(?P<attribute>src|href)="(?P<address>[^"#?:]+)(?:\?[^"#]*)?"')
INTEGRITY = re.compile(r'\s*\bintegrity="[^"]*"')
LOADING = re.compile(r'\brel="(?:stylesheet|icon|preload)"')
STYLE_URL = re.compile(r"""(?P<before>url\(|@import )(?P<quote>["']?)(?P<address>[^"')?#:\s]+)(?P=quote)""")
CONFIG = re.compile(r'(<script type="application/json" id="tinytorch-config">)(.*?)(</script>)', re.DOTALL)
TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
MARKUP = re.compile(r"<[^>]+>")

CONTENT = ("chapters", "milestones")  # folders of the site whose JSON pages fetch
LITE = "lite"
OFFLINE_PAGE = "offline.html"


@dataclass(frozen=True)
class Places:
    """Where in the site this build's data lies; each ends with a slash."""

    content: str
    runtime: str


def digest(data: bytes, length: int = 12) -> str:
    """A short name for exactly these bytes."""
    return hashlib.sha256(data).hexdigest()[:length]


def integrity(data: bytes) -> str:
    """The hash as HTML and fetch write it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()


def place_content(site: Path) -> str:
    """Copy chapters and milestones below a hash of them all, and return that place."""
    files = sorted(path for folder in CONTENT for path in (site / folder).glob("*.json"))
    name = digest(b"\0".join(part for path in files for part in (path.name.encode(), path.read_bytes())))
    place = f"content/{name}/"
    for path in files:
        target = site / place / path.relative_to(site)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return place


def place_runtime(site: Path) -> str:
    """Move Python below a hash of its core, whose file names never change, and return our build's place.

    Addresses within the runtime are relative and stay as they are; JupyterLite's are changed with the move.
    """
    runtime = site / "runtime"
    if not (runtime / "build.json").exists():
        return ""
    build = json.loads((runtime / "build.json").read_text(encoding="utf-8"))["build"]
    manifest = json.loads((runtime / build / "manifest.json").read_text(encoding="utf-8"))
    core = [
        file for file in manifest["files"] if file["path"].startswith("pyodide/") and file["use"] == "core"
    ]
    name = digest("".join(f"{file['path']} {file['integrity']}\n" for file in core).encode())
    aside = site / "runtime.aside"
    runtime.rename(aside)
    runtime.mkdir()
    aside.rename(runtime / name)
    for config in (site / LITE).rglob("jupyter-lite.json"):
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("../runtime/", f"../runtime/{name}/"), encoding="utf-8")
    return f"runtime/{name}/{build}/"


def version_styles(site: Path) -> None:
    """Name the version of every file that a style sheet loads."""
    done: set[Path] = set()
    for sheet in sorted((site / "_static").rglob("*.css")):
        version_style(sheet, done)


def version_style(sheet: Path, done: set[Path]) -> None:
    """Change one sheet, after those that it imports: their versions are of what they become."""
    if sheet in done:
        return
    done.add(sheet)

    def versioned(found: re.Match[str]) -> str:
        target = (sheet.parent / found["address"]).resolve()
        if not target.is_file():
            return found[0]
        if target.suffix == ".css":
            version_style(target, done)
        version = f"{found['address']}?v={digest(target.read_bytes())}"
        return f"{found['before']}{found['quote']}{version}{found['quote']}"

    sheet.write_text(STYLE_URL.sub(versioned, sheet.read_text(encoding="utf-8")), encoding="utf-8")


def version_page(page: str, folder: Path) -> str:
    """Return the page, which lies in `folder`, with the version of every file that it loads."""

    def tag(found: re.Match[str]) -> str:
        name, attributes = found["name"], found["attributes"]
        address = ADDRESS.search(attributes)
        if address is None or (name == "link" and not LOADING.search(attributes)):
            return found[0]
        target = folder / unescape(address["address"])
        if not target.is_file():
            return found[0]
        data = target.read_bytes()
        versioned = f'{address["attribute"]}="{address["address"]}?v={digest(data)}"'
        # The browser runs nothing whose hash is another: on a first visit there is nobody else to see to it.
        if name == "script" or 'rel="stylesheet"' in attributes:
            attributes = INTEGRITY.sub("", attributes)
            versioned += f' integrity="{integrity(data)}"'
        return f"<{name}{ADDRESS.sub(lambda _: versioned, attributes, count=1)}>"

    return TAG.sub(tag, page)


def configured(page: str, **values: Any) -> str:
    """Return the page with more in its configuration."""

    def changed(found: re.Match[str]) -> str:
        config = {**json.loads(found[2]), **values}
        return found[1] + json.dumps(config).replace("<", "\\u003c") + found[3]

    return CONFIG.sub(changed, page)


def pages_of(site: Path) -> list[Path]:
    """Return the book's pages."""
    own = (path for path in site.rglob("*.html") if path.relative_to(site).parts[0] not in (LITE, "_static"))
    return sorted(own)


def drop_unused_pictures(site: Path) -> None:
    """Remove pictures of pages that are no more: Sphinx leaves them where they were."""
    text = "".join(page.read_text(encoding="utf-8") for page in pages_of(site))
    for picture in (site / "_images").glob("*"):
        if picture.name not in text:
            picture.unlink()


def version_site(site: Path, offline: bool) -> None:
    """Do all of the above. Without `offline` there is no list, and pages do not ask for a service worker."""
    drop_unused_pictures(site)
    places = Places(place_content(site), place_runtime(site))
    version_styles(site)
    for path in pages_of(site):
        page = version_page(path.read_text(encoding="utf-8"), path.parent)
        page = configured(page, content=places.content, runtime=places.runtime, site=None)
        path.write_text(page, encoding="utf-8")
    if not offline:
        return
    name = site_name(site)
    for path in pages_of(site):
        path.write_text(configured(path.read_text(encoding="utf-8"), site=name), encoding="utf-8")
    (site / "offline").mkdir()
    text = json.dumps(manifest(site, name, places), ensure_ascii=False, separators=(",", ":"))
    (site / "offline" / f"{name}.json").write_text(text, encoding="utf-8")
    # For whoever asks which build is here; no page depends on it.
    (site / "offline" / "newest.json").write_text(json.dumps({"site": name}), encoding="utf-8")


def files_of(site: Path) -> list[Path]:
    """Return every file that belongs to the book and its pages."""
    outside = {LITE, "offline", "sw.js", ".nojekyll"}
    return sorted(
        path for path in site.rglob("*") if path.is_file() and path.relative_to(site).parts[0] not in outside
    )


def site_name(site: Path) -> str:
    """Return the name of this build: a hash of all its files."""
    lines = (
        f"{path.relative_to(site).as_posix()} {digest(path.read_bytes(), 64)}\n" for path in files_of(site)
    )
    return digest("".join(lines).encode(), 16)


def manifest(site: Path, name: str, places: Places) -> dict[str, Any]:
    """List the build's files, by the addresses that pages use, and its pages with what each one needs."""
    uses = runtime_uses(site, places)
    files = []
    for path in files_of(site):
        relative = path.relative_to(site).as_posix()
        data = path.read_bytes()
        files.append(
            {
                "path": relative,
                "address": relative if named_by_content(relative) else f"{relative}?v={digest(data)}",
                "bytes": len(data),
                "gzip": len(gzip.compress(data, 6, mtime=0)),
                "integrity": integrity(data),
                "group": group(relative, uses, places),
            }
        )
    addresses = {file["path"]: file["address"] for file in files}
    pages = [
        page_entry(path, site, addresses, places) for path in pages_of(site) if path != site / OFFLINE_PAGE
    ]
    listed = {"files": files, "pages": pages}
    # Lets a browser see that the list itself came whole.
    text = json.dumps([files, pages], ensure_ascii=False, separators=(",", ":"))
    return {"format": FORMAT, "site": name, "digest": integrity(text.encode()), **listed}


def named_by_content(path: str) -> bool:
    """Tell whether another content would have another name, so that the address needs no version."""
    return path.startswith(("content/", "runtime/")) or bool(
        re.search(r"_static/tinytorch/[^/]*-[0-9A-Za-z]{8,}\.js$", path)
    )


def runtime_uses(site: Path, places: Places) -> dict[str, str]:
    """Return what each file of the runtime is for, by its path in the site."""
    if not places.runtime:
        return {}
    manifest = json.loads((site / places.runtime / "manifest.json").read_text(encoding="utf-8"))
    above = places.runtime.rstrip("/").rpartition("/")[0]
    return {f"{above}/{file['path']}": file["use"] for file in manifest["files"]}


def group(path: str, uses: dict[str, str], places: Places) -> str:
    """Say what a file is for: `other` is what no page of the book asks for."""
    if path in uses:
        small = places.runtime and path.startswith(places.runtime)
        return "build" if small else uses[path]
    if places.runtime and path == f"{places.runtime}manifest.json":
        return "build"
    if path == OFFLINE_PAGE:
        return "shell"
    if path.endswith(".html"):
        return "page"
    if path.endswith(".txt"):
        return "other"
    first = path.partition("/")[0]
    return {"_static": "shell", "searchindex.js": "shell", "content": "chapter", "_images": "picture"}.get(
        first, "other"
    )


def page_entry(path: Path, site: Path, addresses: dict[str, str], places: Places) -> dict[str, Any]:
    """Describe one page: its title, and what it needs besides the shell."""
    page = path.read_text(encoding="utf-8")
    config = CONFIG.search(page)
    chapter = json.loads(config[2])["chapter"] if config else None
    pictures = sorted({f"_images/{name}" for name in re.findall(r'_images/([^"?#]+)', page)})
    needs = [addresses[picture] for picture in pictures if picture in addresses]
    needs.append(f"{places.content}chapters/index.json")
    if chapter is not None:
        needs.append(f"{places.content}chapters/{chapter}.json")
    # A digit's sheet reads the same file as the box of its milestone.
    years = sorted(set(re.findall(r'<section [^>]*\bdata-milestone="(\d+)"', page)))
    needs += [f"{places.content}milestones/{year}.json" for year in years]
    found = TITLE.search(page)
    title = unescape(MARKUP.sub("", found[1])).strip() if found else path.stem
    return {"path": path.relative_to(site).as_posix(), "title": title, "needs": needs}
