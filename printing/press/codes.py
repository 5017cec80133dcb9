"""QR codes (ISO/IEC 18004) and bar codes (Code 128, ISO/IEC 15417) as SVG inside a layout."""

import io
from typing import Any

import segno
from barcode import Code128
from barcode.errors import BarcodeError
from barcode.writer import SVGWriter
from lxml import etree
from markupsafe import Markup

LONGEST_QR = 1000  # characters
LONGEST_BARCODE = 60


def qr(text: Any, size: str = "28mm") -> Markup:
    """A QR code of a text, `size` wide; nothing for an empty one."""
    written = str(text).strip()[:LONGEST_QR]
    if not written:
        return Markup("")
    out = io.BytesIO()
    segno.make(written, error="m", micro=False).save(
        out, kind="svg", border=4, xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    return _sized(out.getvalue(), size)


def barcode(text: Any, width: str = "60mm") -> Markup:
    """A Code 128 of a text of ASCII characters, with the text below; nothing for one that has no such code."""
    written = str(text).strip()[:LONGEST_BARCODE]
    if not written or not written.isascii() or not written.isprintable():
        return Markup("")
    out = io.BytesIO()
    options = {"module_height": 9.0, "write_text": False, "quiet_zone": 3.0}
    try:
        Code128(written, writer=SVGWriter()).write(out, options)
    except BarcodeError:
        return Markup("")
    return _sized(out.getvalue(), width, written)


def _sized(svg: bytes, width: str, below: str = "") -> Markup:
    """The drawing without XML frame, scaled to a width in CSS units, with words below."""
    root = etree.fromstring(svg, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.get("viewBox") is None:
        sizes = [str(root.get(name, "")).removesuffix("mm") for name in ("width", "height")]
        _in_millimetres(root)
        root.set("viewBox", f"0 0 {sizes[0]} {sizes[1]}")
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    words = Markup('<span class="code-text">{}</span>').format(below) if below else ""
    box = Markup('<span class="code" style="width: {}">{}{}</span>')
    drawn = Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704 - made of our own shapes
    return box.format(width if _is_length(width) else "30mm", drawn, words)


def _in_millimetres(root: Any) -> None:
    """Lengths in mm become plain numbers, so that a viewBox can scale them."""
    for element in root.iter():
        for name, value in element.attrib.items():
            if value.endswith("mm"):
                element.set(name, value.removesuffix("mm"))


def _is_length(text: str) -> bool:
    number, unit = text[:-2], text[-2:]
    return unit in ("mm", "cm", "pt", "px") and number.replace(".", "", 1).isdigit()
