"""QR codes of form links (ISO/IEC 18004), as SVG: sharp on a screen and on a poster."""

import io

import segno

QUIET_ZONE = 4  # modules, §6.3.8


def qr_svg(address: str, *, inline: bool = False, scale: int = 8) -> str:
    """The address as a QR code that stands a quarter of damage. `inline`: for use inside a page, without XML frame."""
    code = segno.make(address, error="q", micro=False)
    out = io.BytesIO()
    code.save(
        out,
        kind="svg",
        scale=scale,
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",  # a code on a dark page must still have its white margin
        xmldecl=not inline,
        svgns=True,
        svgclass=None,
        lineclass=None,
        omitsize=inline,
        title=None if inline else address,
    )
    return out.getvalue().decode()
