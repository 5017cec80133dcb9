"""The manual as it stands in docs/, so that the desk and the repository show the same words.

A page is called as its file is below docs/manual ("sla", "lint/loop"); the README of a folder by the folder's name,
the manual's own by "". `X.md` is English, its twin `X.zh-CN.md` Chinese.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

from desk.forms.markdown import markdown

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
TWIN: Final = ".zh-CN.md"
_BESIDE: Final = ("start", "settings", "operations")  # of docs/ itself, but to be read here, too

_NOT_SHOWN: Final = re.compile(r"<!--.*?-->\n?|^\[(?:中文|English)\]\(\S+\)\n", re.M | re.S)
_HEADING: Final = re.compile(r"<h([23])>(.*?)</h\1>")
_LINK: Final = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>')


@dataclass(frozen=True)
class Page:
    """A page for one reader. `sections` are the (anchor, words) of its headings of the second level."""

    title: str
    html: Markup
    sections: list[tuple[str, str]]


@cache
def pages() -> dict[str, Path]:
    """The English file of every page, by the page's name; an installation may come without the manual."""
    files = [f for f in (DOCS / "manual").rglob("*.md") if not f.name.endswith(TWIN)]
    files += [f for f in (DOCS / f"{name}.md" for name in _BESIDE) if f.is_file()]
    return {_name(file): file for file in files}


def _name(file: Path) -> str:
    parts = file.relative_to(DOCS).with_suffix("").parts
    return "/".join(part for part in parts if part not in ("manual", "README"))


def page(name: str, locale: str, address: Callable[[str], str]) -> Page | None:
    """The page in the language of a locale such as `zh_CN`, None where there is none.

    `address` says where another page is found by its name. Links to what is not in the manual become plain words.
    """
    file = pages().get(name)
    if file is None:
        return None
    twin = file.with_name(file.stem + TWIN)
    shown = twin if locale.startswith("zh") and twin.is_file() else file
    title, _, text = shown.read_text("utf-8").partition("\n")
    # the title is the page's own heading, so all others move up by one level
    text = re.sub(r"^#(#+ )", r"\1", _NOT_SHOWN.sub("", text), flags=re.M)
    html: str = markdown(text)
    html = _LINK.sub(lambda link: _link(link, file, address), html)
    sections = [
        (anchor(words), _plain(words)) for level, words in _HEADING.findall(html) if level == "2"
    ]
    html = _HEADING.sub(
        lambda found: f'<h{found[1]} id="{anchor(found[2])}">{found[2]}</h{found[1]}>', html
    )
    return Page(title.removeprefix("# "), Markup(html), sections)  # noqa: S704 - clean_html has cleaned it


def anchor(heading: str) -> str:
    """What a link to a heading ends in, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", _plain(heading).lower()).replace(" ", "-")


def _plain(html: str) -> str:
    return str(Markup(html).striptags())  # noqa: S704 - only to take the markup away


def _link(link: re.Match[str], file: Path, address: Callable[[str], str]) -> str:
    path, hash_, part = link[1].partition("#")
    if "://" in path:
        return link[0]
    if not path:
        return f'<a href="#{part}">{link[2]}</a>'
    name = _name_of_link(file, path)
    return link[2] if name is None else f'<a href="{address(name)}{hash_}{part}">{link[2]}</a>'


def _name_of_link(file: Path, path: str) -> str | None:
    english = path.removesuffix(TWIN) + ".md" if path.endswith(TWIN) else path
    target = (file.parent / english).resolve()
    return next((name for name, known in pages().items() if known == target), None)
