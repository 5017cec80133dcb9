"""The words of the mails that the desk sends: one template a kind of mail and language, text first, HTML made of it.

What comes from outside (titles, names, words) is only ever a value in a template, never a template.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

Kind = Literal["acknowledgement", "reply", "ended", "cancelled", "reopened", "message", "staff"]

_TEMPLATES = Path(__file__).parent / "templates"
_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)，。；：！？）]")


@dataclass(frozen=True)
class Words:
    """A mail, worded. `html` is a whole document; `main_text` is what was said, without greeting and signature."""

    subject: str
    text: str
    html: str


def worded(
    kind: Kind, locale: str, values: Mapping[str, Any], *, html_body: str | None = None
) -> Words:
    """The mail of this kind in this language (`zh…`, else English).

    `html_body` is cleaned HTML that stands where the template says `{{ words }}`, in the HTML form only.
    """
    language = "zh_CN" if locale.startswith("zh") else "en"
    template = _template(f"{language}/{kind}.txt")
    context = template.new_context(dict(values))
    subject = " ".join("".join(template.blocks["subject"](context)).split())
    text = "".join(template.blocks["text"](context)).strip() + "\n"
    rich = text
    if html_body is not None:
        mark = "\ue000"  # a private character: stands for the words until the rest has become HTML
        marked = template.new_context({**values, "words": mark})
        rich = "".join(template.blocks["text"](marked)).strip() + "\n"
        body = paragraphs(rich).replace(Markup(f"<p>{mark}</p>"), Markup(html_body))  # noqa: S704
    else:
        body = paragraphs(rich)
    html = _template("layout.html").render(
        language=language, subject=subject, body=body, brand_color=values["brand_color"]
    )
    return Words(subject, text, html)


def paragraphs(text: str) -> Markup:
    """Plain text as HTML: blank lines part paragraphs, addresses become links, everything is escaped."""
    return Markup("\n").join(
        Markup("<p>{}</p>").format(Markup("<br>\n").join(map(_line, block.split("\n"))))
        for block in re.split(r"\n{2,}", text.strip())
    )


def _line(line: str) -> Markup:
    pieces: list[Markup] = []
    position = 0
    for found in _URL.finditer(line):
        pieces.append(escape(line[position : found.start()]))
        pieces.append(Markup('<a href="{0}">{0}</a>').format(found[0]))
        position = found.end()
    pieces.append(escape(line[position:]))
    return Markup("").join(pieces)


@lru_cache
def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)
