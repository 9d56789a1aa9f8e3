"""Build our JupyterLite: the book's notebooks, run by the same Python as the book's pages.

    .venv-lite/bin/python -m lite.jupyterlite.build

Run it in an environment that has requirements.txt and nothing else. The result is a folder of static
files that expects `runtime/` beside it, and works under any path of any host: every address in it is
relative. It holds no Python of its own and asks nobody else for any.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ICON = HERE.parents[1] / "book" / "_static" / "favicon.svg"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
OURS = "tinytorch-workspace"


def build(notebooks: Path, runtime: Path, scripts: Path, out: Path) -> None:
    """Write the site into `out`, which is replaced."""
    # Away from the repository: the builder leaves its caches beside its configuration.
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        site = Path(scratch) / "site"
        project.mkdir()
        shutil.copy(HERE / "jupyter_lite_config.json", project)
        (project / "jupyter-lite.json").write_text(json.dumps(configuration(runtime)), encoding="utf-8")
        run_builder(project, site)
        add_contents(notebooks, site)
        add_extension(scripts, site)
        rename_application(site)
        spare_other_service_workers(site)
        for page in site.rglob("*.html"):
            page.write_text(with_policy(page.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(site, out)


def configuration(runtime: Path) -> dict[str, Any]:
    """jupyter-lite.json, with the lock of the runtime that lies beside the site."""
    config: dict[str, Any] = json.loads((HERE / "jupyter-lite.json").read_text(encoding="utf-8"))
    identity = json.loads((runtime / "build.json").read_text(encoding="utf-8"))["build"]
    lock = json.loads((runtime / identity / "pyodide-lock.json").read_text(encoding="utf-8"))
    options = config["jupyter-config-data"]["litePluginSettings"][KERNEL]["loadPyodideOptions"]
    options["packages"] += datasets(lock)  # a notebook says nowhere what it needs, so it has them all
    unknown = sorted(set(options["packages"]) - set(lock["packages"]))
    if unknown:
        # The kernel would ask the Python index for them at every start.
        sys.exit(f"lite.jupyterlite.build: not in the runtime's lock: {', '.join(unknown)}")
    options["lockFileURL"] = f"../runtime/{identity}/pyodide-lock.json"
    return config


def datasets(lock: dict[str, Any]) -> list[str]:
    """The packages that are nothing but data."""
    return [name for name, package in lock["packages"].items() if package["file_name"].startswith("../data/")]


def run_builder(project: Path, site: Path) -> None:
    """Run `jupyter lite build`; show what it says only when it fails."""
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--output-dir", str(site)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"lite.jupyterlite.build: jupyter lite build failed\n{done.stdout}{done.stderr}")


def add_contents(notebooks: Path, site: Path) -> None:
    """Put the notebooks, and the chapters' JSON beside them, where file browser and kernel look.

    The builder can do this too, but asks for a whole Jupyter server to write a few small JSON files.
    """
    add_folder(notebooks, "", site)
    if (notebooks / "chapters").is_dir():
        add_folder(notebooks / "chapters", "chapters", site)
    change_json(
        site / "jupyter-lite.json",
        lambda config: config["jupyter-config-data"].update(contentsAllJsonFile="all.json"),
    )


def add_folder(source: Path, place: str, site: Path) -> None:
    """Copy a folder's notebooks and JSON files, and write the listing that a server would give of it."""
    (site / "files" / place).mkdir(parents=True, exist_ok=True)
    entries = []
    for path in sorted(source.glob("*")) if source.is_dir() else []:
        kind = "directory" if path.is_dir() else {".ipynb": "notebook", ".json": "file"}.get(path.suffix)
        if kind is None:
            continue
        entries.append(listing(path, kind, place))
        if kind != "directory":
            shutil.copyfile(path, site / "files" / place / path.name)
    folder = {
        **listing(source, "directory", ""),
        "name": place,
        "path": place,
        "format": "json",
        "content": entries,
    }
    write_json(site / "api" / "contents" / place / "all.json", folder)


def listing(path: Path, kind: str, place: str) -> dict[str, Any]:
    """One entry of Jupyter's contents API."""
    changed = datetime.fromtimestamp(int(path.stat().st_mtime), UTC).isoformat()
    return {
        "name": path.name,
        "path": f"{place}/{path.name}".strip("/"),
        "type": kind,
        "size": None if kind == "directory" else path.stat().st_size,
        "created": changed,
        "last_modified": changed,
        "writable": True,
        "mimetype": "application/json" if kind == "file" else None,
        "format": None,
        "content": None,
    }


def add_extension(scripts: Path, site: Path) -> None:
    """Add our own extension, by which notebooks and the book's pages share their answers.

    It is not installed for the builder to find: what it is made of is in lite/src/notebook, and the page's
    own build makes it.
    """
    entries = sorted(scripts.glob("remoteEntry.*.js"))
    if len(entries) != 1:
        sys.exit(f"lite.jupyterlite.build: {scripts} holds {len(entries)} remoteEntry.*.js; npm run build")
    shutil.copytree(scripts, site / "extensions" / OURS / "static")
    entry = {"name": OURS, "load": f"static/{entries[0].name}", "extension": "./extension"}
    change_json(
        site / "jupyter-lite.json",
        lambda config: config["jupyter-config-data"]["federated_extensions"].append(entry),
    )


def rename_application(site: Path) -> None:
    """Our name and icon, also in what an installed page is called; no shortcuts to what we left out."""
    shutil.copy(ICON, site)
    for page in site.rglob("index.html"):
        text = page.read_text(encoding="utf-8")
        root = "../" * (len(page.relative_to(site).parts) - 1)
        ours = f'<title>TinyTorch</title><link rel="icon" href="{root}{ICON.name}">'
        page.write_text(re.sub(r"<title>.*?</title>", ours, text), encoding="utf-8")
    change_json(
        site / "manifest.webmanifest",
        lambda manifest: manifest.update(
            name="TinyTorch notebooks", short_name="TinyTorch", description="", shortcuts=[]
        ),
    )


def spare_other_service_workers(site: Path) -> None:
    """Let JupyterLite take only its own service worker for its own.

    At its first start it removes every service worker of the origin, the book's and those of other sites;
    and where its page is under another's control, as the book's is until then, it does not register its own.
    """
    ours = "scriptURL.endsWith('/service-worker.js')"
    every = "navigator.serviceWorker.getRegistrations()"
    own = f"{every}.then(all=>all.filter(one=>(one.active??one.waiting??one.installing)?.{ours}))"
    controlled = re.compile(r"if\((\w+)\.controller\)(?=\{let \w+=\1\.controller\.scriptURL)")
    found = [path for path in site.rglob("*.js") if every in path.read_text(encoding="utf-8")]
    for path in found:
        text, times = controlled.subn(rf"if(\1.controller?.{ours})", path.read_text(encoding="utf-8"))
        if times == 0:
            sys.exit(f"lite.jupyterlite.build: {path.name} asks for service workers in a new way; look again")
        path.write_text(text.replace(every, own), encoding="utf-8")
    if not found:
        sys.exit("lite.jupyterlite.build: JupyterLite asks for service workers in a new way; look again")


def with_policy(html: str) -> str:
    """The page with a content security policy that allows our own origin only.

    JupyterLab compiles JSON schemas into functions ('unsafe-eval') and sets styles from code. A worker that
    comes from an address of its own, as the kernel's does, is not bound by the policy of its page.
    """
    scripts = re.findall(r"<script(?![^>]*(?:\ssrc=|application/json))[^>]*>(.*?)</script>", html, re.DOTALL)
    hashes = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    policy = (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace("<head>", f"<head>{meta}", 1)


def digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def change_json(path: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    write_json(path, data)


def write_json(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--notebooks", type=Path, default=Path("build/notebooks"), help="the folder of the .ipynb files")
    add("--runtime", type=Path, default=Path("build/runtime"), help="what lite.runtime.build wrote")
    add("--scripts", type=Path, default=Path("build/js-lite"), help="what lite/build.mjs wrote for it")
    add("--out", type=Path, default=Path("build/lite"), help="the folder to write; what was there goes")
    options = parser.parse_args()
    build(options.notebooks, options.runtime, options.scripts, options.out)
    print(f"JupyterLite is in {options.out}")


if __name__ == "__main__":
    main()
