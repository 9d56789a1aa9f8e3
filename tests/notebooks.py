"""How tests and benchmarks run a notebook in JupyterLite."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def run_all(page: Page, shown: Locator) -> None:
    """Run all cells until `shown` is there. What is run while the kernel connects, JupyterLab may forget."""
    page.locator('.tt-strip[data-python="ready"]').wait_for(timeout=240_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).first.click()
    shown.wait_for(timeout=240_000)
