"""Components that only show something: text, html, image, separator, spacer, button."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from markupsafe import Markup, escape

from desk.forms.expressions import Text
from desk.forms.fields.base import Component, Place, common
from desk.forms.markdown import clean_html, escape_markdown, markdown
from desk.forms.schema import Reader

if TYPE_CHECKING:
    from desk.forms.rendering import Rendering

# As in form-js, and paths of this desk; SVG as data could carry scripts when opened alone.
_IMAGE: Final = re.compile(
    r"https?://\S+|/(?![/\\])\S*|data:image/(png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]+",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class TextView(Component):
    """form-js `text`: Markdown. What expressions put into it is shown as plain text."""

    text: Text

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        reader.boolean("strict")  # form-js: how templates fail; FEEL here always gives null
        return cls(**common(reader, component_id, "text"), text=reader.text("text"))

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        text = self.text.say(place.scope, rendering.situation.locale, escape_markdown)
        return rendering.template("text.html", content=markdown(text))


@dataclass(frozen=True, kw_only=True)
class HtmlView(Component):
    """form-js `html`: HTML of the implementer, cleaned."""

    content: Text

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        reader.boolean("strict")
        return cls(**common(reader, component_id, "html"), content=reader.text("content"))

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        html = self.content.say(
            place.scope, rendering.situation.locale, lambda text: str(escape(text))
        )
        return rendering.template("text.html", content=clean_html(html))


@dataclass(frozen=True, kw_only=True)
class ImageView(Component):
    """A picture by address. Without a usable address its alternative text is shown."""

    source: Text
    alt: Text

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        return cls(
            **common(reader, component_id, "image"),
            source=reader.text("source"),
            alt=reader.text("alt"),
        )

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        locale = rendering.situation.locale
        source = self.source.say(place.scope, locale).strip()
        return rendering.template(
            "image.html",
            source=source if _IMAGE.fullmatch(source) else "",
            alt=self.alt.say(place.scope, locale),
        )


@dataclass(frozen=True, kw_only=True)
class Separator(Component):
    """A line."""

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        return cls(**common(reader, component_id, "separator"))

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        return rendering.template("separator.html")


@dataclass(frozen=True, kw_only=True)
class Spacer(Component):
    """Empty space of so many pixels."""

    height: int

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        height = reader.integer("height", 0, 1000)
        return cls(
            **common(reader, component_id, "spacer"), height=60 if height is None else height
        )

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        return rendering.template("spacer.html", height=self.height)


@dataclass(frozen=True, kw_only=True)
class Button(Component):
    """A submit button of the schema is not shown: the outcomes come from the diagram."""

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        reader.text("label")
        action = reader.one_of("action", ("submit", "reset"), "submit")
        if action == "reset":
            reader.fail(
                "a reset button is not supported: it would throw away what people wrote",
                "不支持重置按钮：它会清空用户已填写的内容",
            )
        return cls(**common(reader, component_id, "button"))

    def render(self, place: Place, rendering: "Rendering") -> Markup:
        return Markup("")
