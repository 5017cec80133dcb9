"""What templates get from the browser build and about the reader: file addresses, language, times, readable colours."""

import json
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, abort, request, send_from_directory, url_for
from flask_babel import get_locale

from engine.timestamps import utc_now

DIST = Path(__file__).resolve().parents[2] / "frontend" / "dist"
FOREVER = 31_536_000  # a year, in seconds: the address changes with the content


class AssetsNotBuilt(RuntimeError):
    """The front end was not built, or a template asks for a bundle that build.mjs does not make."""


class Manifest:
    """`manifest.json` of the build, read again when it changes, so that a rebuild needs no restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, str] = {}
        self._read_at = -1

    def file(self, name: str) -> str:
        """The hashed file name of a bundle such as `desk.js`; AssetsNotBuilt says what to run."""
        path = self.folder / "manifest.json"
        try:
            changed_at = path.stat().st_mtime_ns
        except FileNotFoundError:
            raise AssetsNotBuilt(
                f"{path} is missing: run `make setup` to build the front end"
            ) from None
        if changed_at != self._read_at:
            self._names = json.loads(path.read_text(encoding="utf-8"))
            self._read_at = changed_at
        try:
            return self._names[name]
        except KeyError:
            raise AssetsNotBuilt(
                f"{name} is not in {path}: it has {', '.join(sorted(self._names))}"
            ) from None


def register_assets(app: Flask, folder: Path = DIST) -> None:
    """Add the route `/assets/<file>` and the Jinja globals that the templates of desk/web use.

    Globals: `asset(name)` address of a bundle; `html_lang()` BCP 47 tag of the page; `utc_now()`;
    `utc(when)` makes a datetime aware; `readable_on(colour)` black or white.
    """
    manifest = Manifest(folder)

    @app.get("/assets/<path:file>", endpoint="assets")
    def serve(file: str) -> Response:
        """A built file; the gzip twin where the browser takes it. 404 for what is not there."""
        if file.endswith(".gz") or not (folder / file).is_file():
            abort(404)
        packed = request.accept_encodings.quality("gzip") > 0 and (folder / f"{file}.gz").is_file()
        response = send_from_directory(folder, f"{file}.gz" if packed else file, max_age=FOREVER)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Type"] = _content_type(file)
        response.vary.add("Accept-Encoding")
        response.cache_control.public = True
        response.cache_control.immutable = True
        return response

    def asset(name: str) -> str:
        return url_for("assets", file=manifest.file(name))

    app.jinja_env.globals.update(
        asset=asset, html_lang=html_lang, utc_now=utc_now, utc=utc, readable_on=readable_on
    )


def html_lang() -> str:
    """The reader's language for `<html lang>`: `zh-CN`, `en`."""
    locale = get_locale()
    if locale is None:
        return "en"
    return f"{locale.language}-{locale.territory}" if locale.territory else locale.language


def utc(when: datetime) -> datetime:
    """The same instant, aware: a naive value is taken as UTC, as the database keeps it."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def readable_on(colour: str) -> str:
    """`#ffffff` or `#101718`, whichever reads better on `colour` (`#rrggbb`) by WCAG 2 contrast.

    Raises ValueError for anything that is not six hexadecimal digits, so no other text can get into a style.
    """
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"not a #rrggbb colour: {colour!r}")
    on_white, on_black = contrast(colour, "#ffffff"), contrast(colour, "#101718")
    return "#ffffff" if on_white >= on_black else "#101718"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (`#rrggbb`), 1 to 21, by WCAG 2."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2 definition."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def _content_type(file: str) -> str:
    return f"{_TYPES[Path(file).suffix]}; charset=utf-8"
