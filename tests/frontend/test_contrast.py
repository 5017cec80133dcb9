"""The colours of both modes hold WCAG 2.2 AA: 4.5:1 for text (1.4.3), 3:1 for the lines of controls (1.4.11)."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "frontend" / "css"
TONES = ["danger", "warn", "ok", "info"]
TEXTS = ["text", "text-2", "text-3"]
SURFACES = ["bg", "canvas", "raised", "hover", "selected"]
PAIRS = [
    *((text, surface) for text in TEXTS for surface in SURFACES),
    *((tone, f"{tone}-soft") for tone in TONES),
    *(
        (tone, surface)
        for tone in [*TONES, "brand-text"]
        for surface in ["bg", "canvas", "hover", "selected"]
    ),
    ("on-brand", "brand"),
    ("on-brand", "brand-hover"),
    ("brand-text", "brand-soft"),
    ("note-text", "note-bg"),
    ("text", "note-bg"),
    ("text", "danger-soft"),
    ("text", "brand-soft"),
    ("text-2", "brand-soft"),
    ("text-2", "neutral-soft"),
    ("text-3", "neutral-soft"),
    ("danger", "brand-soft"),
    ("text-2", "note-bg"),
]


def tokens(mode: str) -> dict[str, str]:
    """The colours of a mode: the light ones, and the dark ones over them."""
    text = (CSS / "tokens.css").read_text() + (
        (CSS / "dark.css").read_text() if mode == "dark" else ""
    )
    return dict(re.findall(r"--ld-([\w-]+):\s*(#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), PAIRS)
def test_text_is_readable(mode: str, text: str, surface: str) -> None:
    colours = tokens(mode)
    assert contrast(colours[text], colours[surface]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("surface", ["bg", "canvas", "raised"])
def test_controls_can_be_seen(mode: str, surface: str) -> None:
    colours = tokens(mode)
    assert contrast(colours["control-line"], colours[surface]) >= 3
    assert contrast(colours["brand"], colours[surface]) >= 3
