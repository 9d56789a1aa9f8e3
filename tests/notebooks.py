"""How tests and benchmarks run a notebook in JupyterLite."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, TimeoutError


def run_all(page: Page, shown: Locator) -> None:
    """Run all cells until `shown` is there. What is run while the kernel connects, JupyterLab may forget."""
    for attempt in range(4):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).first.click()
        try:
            shown.wait_for(timeout=60_000)
        except TimeoutError:
            if attempt == 3:
                raise
        else:
            return
