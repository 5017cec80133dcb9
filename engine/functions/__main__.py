"""Writes the manual's pages of functions: `python -m engine.functions [FOLDER]` (docs/manual/functions*.md)."""

import sys
from pathlib import Path

from engine.functions.manual import page

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/manual")
folder.mkdir(parents=True, exist_ok=True)
for name, locale in (("functions.md", "en"), ("functions.zh-CN.md", "zh_CN")):
    (folder / name).write_text(page(locale), encoding="utf-8")
    sys.stdout.write(f"{folder / name}\n")
