"""Writes the catalogue of events: `python -m desk.events [FILE]` (docs/events.md)."""

import sys
from pathlib import Path

from desk.events.manual import page

target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/events.md")
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(page(), encoding="utf-8")
sys.stdout.write(f"{target}\n")
