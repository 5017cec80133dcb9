"""Writes the catalogue of events: `python -m desk.events [FOLDER]` (docs/manual/events*.md)."""

import sys
from pathlib import Path

from desk.events.manual import page

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/manual")
folder.mkdir(parents=True, exist_ok=True)
for name, locale in (("events.md", "en"), ("events.zh-CN.md", "zh_CN")):
    (folder / name).write_text(page(locale), encoding="utf-8")
    sys.stdout.write(f"{folder / name}\n")
