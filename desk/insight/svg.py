"""Charts as SVG, drawn without a browser, for mails."""

from collections.abc import Sequence
from html import escape

from desk.insight.views import Row, View

WIDTH = 560
BRAND, LINE, TEXT = "#0f6a6a", "#c8d0d2", "#182225"
FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', sans-serif"
ROW, NAMES, VALUES = 26, 170, 80  # height of a bar's row, widths of the names and of the figures
HEIGHT, LONGEST = 150, 14  # of a chart over time; characters of a name


def chart(view: View) -> str:
    """Bars that lie, or columns over time; nothing for a number, a table, or where there is nothing to draw."""
    rows = [row for row in view.rows if row.value is not None]
    if view.chart not in ("bar", "line") or view.is_empty or not rows:
        return ""
    return _columns(rows) if view.over_time else _bars(rows)


def _bars(rows: Sequence[Row]) -> str:
    most = max((row.value or 0 for row in rows), default=0) or 1
    room = WIDTH - NAMES - VALUES
    parts = []
    for number, row in enumerate(rows):
        y, width = number * ROW, max(1.0, (row.value or 0) / most * room)
        parts.append(
            f'<text x="{NAMES - 8}" y="{y + 17}" text-anchor="end">{escape(_short(row.name))}</text>'
            f'<rect x="{NAMES}" y="{y + 4}" width="{width:.1f}" height="{ROW - 8}" rx="3" fill="{BRAND}"/>'
            f'<text x="{NAMES + width + 6:.1f}" y="{y + 17}">{escape(row.said)}</text>'
        )
    return _svg(len(rows) * ROW, parts)


def _columns(rows: Sequence[Row]) -> str:
    most = max((row.value or 0 for row in rows), default=0) or 1
    step = WIDTH / len(rows)
    base = HEIGHT - 20
    parts = [f'<path d="M0 {base}.5H{WIDTH}" stroke="{LINE}"/>']
    shown = max(1, round(len(rows) / 6))
    for number, row in enumerate(rows):
        height = (row.value or 0) / most * (base - 16)
        x = number * step
        parts.append(
            f'<rect x="{x + step * 0.15:.1f}" y="{base - height:.1f}" width="{step * 0.7:.1f}" '
            f'height="{height:.1f}" rx="2" fill="{BRAND}"/>'
        )
        if number % shown == 0:
            parts.append(
                f'<text x="{x + step / 2:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{escape(_short(row.name))}</text>'
            )
    return _svg(HEIGHT, parts)


def _svg(height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-hidden="true" font-family="{FONT}" font-size="12" fill="{TEXT}">{"".join(parts)}</svg>'
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST * 2 else f"{name[: LONGEST * 2 - 1]}…"
