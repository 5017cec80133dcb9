"""Pictures as they are set: upright, and no finer than paper shows. Runs in a child of the press."""

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

FINEST: Final = 1400  # dots of the longer side: 300 an inch at 12 cm
MOST_DOTS: Final = 60_000_000  # of a picture that is opened at all: a telephone makes 50 million


def fitting(content: bytes) -> bytes:
    """The picture turned as its camera was held and made smaller, as JPEG (PNG where it is see-through).

    Raises ValueError for what is no picture, or one that would take too much memory.
    """
    try:
        with Image.open(io.BytesIO(content)) as opened:
            picture: Image.Image = opened
            if picture.width * picture.height > MOST_DOTS:
                raise ValueError("the picture has too many dots")
            clear = picture.has_transparency_data
            if picture.mode in ("P", "1"):
                picture = picture.convert("RGBA" if clear else "RGB")
            picture.thumbnail((FINEST, FINEST))  # a JPEG is read no finer than that
            upright = ImageOps.exif_transpose(picture).convert("RGBA" if clear else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise ValueError("the picture cannot be read") from error
    out = io.BytesIO()
    upright.save(out, "PNG" if clear else "JPEG", quality=85)
    return out.getvalue()
