"""From HTML to PDF with WeasyPrint. Runs in a child of the press: see printing.press.machine."""

import gc
import io
import logging
from functools import cache
from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from engine.operators import Text
from printing.press.notes import note
from printing.press.orders import Order, PrintRefused, Sheet
from printing.press.pictures import fitting
from printing.press.sandbox import Filling

SCHEME = "desk:"
LARGEST_INLINE = 4 * 1024 * 1024  # characters of a data: address
REFUSED = "layouts show nothing but the desk's own files"
COLLECT_EVERY = 10  # documents
PICTURE_SCALE = 1.4  # of 72 dots an inch
BASE = (Path(__file__).resolve().parents[1] / "layouts" / "base.css").read_text(encoding="utf-8")
HEAD = '<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head><body>'


def pressed(order: Order) -> Sheet:
    """The PDF of an order. Raises PrintRefused."""
    notes: list[str] = []
    fonts = _fonts()
    fetch = Fetcher(order.files, notes)
    filling = Filling(order.layout, locale=order.locale, limits=order.limits, notes=notes)
    documents, count = [], 0
    with _heard(notes):
        for number, facts in enumerate(order.facts, 1):
            page = weasyprint.HTML(string=_framed(order, filling.html(facts)), url_fetcher=fetch)
            document = page.render(font_config=fonts, stylesheets=[_base()], **_options(order))
            count += len(document.pages)
            if count > order.limits.pages:
                words = Text("The layout makes too many pages.", "版式生成的页数过多。")
                raise PrintRefused("too_large", words)
            documents.append(document)
            if number % COLLECT_EVERY == 0:
                gc.collect()  # without it memory climbs: boxes hold one another in circles
        whole = documents[0].copy([page for one in documents for page in one.pages])
        pdf: bytes = whole.write_pdf(**_options(order))
    return Sheet(pdf, count, _pictures(pdf, order.pictures), notes)


@cache
def _fonts() -> FontConfiguration:
    """The fonts of this machine. Made once: a child finds them loaded, and takes what a layout adds with it."""
    return FontConfiguration()


@cache
def _base() -> weasyprint.CSS:
    """What every layout begins with, read once: children find it done."""
    return weasyprint.CSS(string=BASE, url_fetcher=Fetcher({}, []))


def _framed(order: Order, body: str) -> str:
    lang = "zh-CN" if order.locale.startswith("zh") else "en"
    title = order.title.replace("&", "&amp;").replace("<", "&lt;")
    return HEAD.format(lang=lang, title=title) + body


def _options(order: Order) -> dict[str, Any]:
    """The options of WeasyPrint: the same for laying out and for writing."""
    if not order.archive:
        return {}
    attached = [
        weasyprint.Attachment(string=content, name=name, description=name, relationship="Data")
        for name, content in order.attached.items()
    ]
    return {"pdf_variant": "pdf/a-3u", "attachments": attached}


class Fetcher(URLFetcher):  # type: ignore[misc]  # the library ships no types
    """Serves what the order carries, and nothing else: no file, no address in any network."""

    def __init__(self, files: dict[str, bytes], notes: list[str]) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self.files, self.notes = files, notes

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The picture of `desk:NAME`, or what a small `data:` address holds; ValueError for all else."""
        if url.startswith(SCHEME) and url[len(SCHEME) :] in self.files:
            return URLFetcherResponse(url, fitting(self.files[url[len(SCHEME) :]]))
        if url.startswith("data:") and len(url) <= LARGEST_INLINE:
            return super().fetch(url, headers)
        note(self.notes, "address", url)
        raise ValueError(REFUSED)


class _heard(logging.Handler):
    """Notes what WeasyPrint complains of, for as long as the block runs."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        if REFUSED not in record.getMessage():  # that is noted already
            note(self.notes, "warning", record.getMessage())

    def __enter__(self) -> None:
        logging.getLogger("weasyprint").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("weasyprint").removeHandler(self)


def _pictures(pdf: bytes, count: int) -> list[bytes]:
    """The first pages as PNG."""
    if not count:
        return []
    import pypdfium2

    document, found = pypdfium2.PdfDocument(pdf), []
    for number in range(min(count, len(document))):
        out = io.BytesIO()
        document[number].render(scale=PICTURE_SCALE).to_pil().save(out, "PNG")
        found.append(out.getvalue())
    return found
