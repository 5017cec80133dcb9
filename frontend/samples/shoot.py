"""Take pictures of the sample pages: python frontend/samples/shoot.py [page ...] [--out DIR] [--quick].

Widths 1440, 1024 and 390, Chinese and English, light and dark; --quick takes one of each page.
Also writes each page as static HTML beside its pictures.
"""

import argparse
import logging
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from frontend.samples.app import PAGES, create_samples  # noqa: E402

DESK = [(1440, 900), (1024, 768), (390, 844)]
CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    """Serve the samples on a free port, visit each, save the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=PAGES)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_samples(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"]
        )
        for page_name in chosen.pages or PAGES:
            for width, height in DESK[:1] if chosen.quick else DESK:
                for lang in ["zh_CN"] if chosen.quick else ["zh_CN", "en"]:
                    for theme in ["light"] if chosen.quick else ["light", "dark"]:
                        page = browser.new_page(
                            viewport={"width": width, "height": height}, color_scheme=theme
                        )
                        page.goto(
                            f"http://127.0.0.1:{server.port}/{page_name}?lang={lang}&theme={theme}&panel=flow"
                        )
                        page.wait_for_load_state("load")
                        if width > 900 and page.locator(".ld-flow:visible").count():
                            page.wait_for_selector(".ld-flow[data-ready]")
                        page.screenshot(path=chosen.out / f"{page_name}-{width}-{lang}-{theme}.png")
                        if width == DESK[0][0]:
                            (chosen.out / f"{page_name}-{lang}-{theme}.html").write_text(
                                page.content(), "utf-8"
                            )
                        page.close()
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
