"""Writes the manual's page of functions: `python -m engine.functions [FILE]` (docs/manual/functions.md)."""

import sys
from pathlib import Path

from engine.functions.manual import page

target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/manual/functions.md")
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(page(), encoding="utf-8")
sys.stdout.write(f"{target}\n")
