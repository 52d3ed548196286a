"""Draw the picture of the explorer in the README anew, from the seeds.

`PYTHONPATH=.:tests python tests/explorer/picture.py [path of Chromium]`
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright
from serving import free_port, serve, wait_until_ready

PICTURE: Final = Path(__file__).parents[2] / ".github/explorer.png"
SHOWN: Final = "explore?view=timeline&group=participant&participant=actors/cuba"
MOST_BYTES: Final = 200_000


def draw(chromium: str) -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = serve(f"sqlite:///{folder}/annals.db", Path(folder), free_port(), 1, (), {})
        try:
            wait_until_ready(server)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1200, "height": 750})
            page.goto(f"{server.url}/{SHOWN}", wait_until="networkidle")
            page.screenshot(path=PICTURE)
            browser.close()
        finally:
            server.stop()
    size = PICTURE.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"The picture has {size:,} bytes; {MOST_BYTES:,} are the most.")


if __name__ == "__main__":
    draw(sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium")
