"""Mail and form HTML, cleaned when it is stored and again when it is shown."""

from collections.abc import Callable

import nh3

HTML_LIMIT = 512 * 1024  # characters; what is longer is shown as text

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "div",
    "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p",
    "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "*": {"dir", "lang"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}


def clean_html(raw: str) -> str | None:
    """HTML without scripts, styles, forms and foreign class names; None when there is too much.

    Pictures keep their `src`; whether they are loaded is decided when the message is shown.
    """
    if len(raw) > HTML_LIMIT:
        return None
    return nh3.clean(
        raw,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def shown_html(stored: str, *, picture: Callable[[str], str | None], remote: bool = False) -> str:
    """Stored HTML as a page may include it.

    `picture` gives the address of the attachment with a Content-ID, or None. Remote pictures, which
    tell their sender who reads when, are left out unless `remote`.
    """

    def attribute(tag: str, name: str, value: str) -> str | None:
        if (tag, name) != ("img", "src"):
            return value
        if value.lower().startswith("cid:"):
            return picture(value[4:])
        return value if remote and value.lower().startswith(("https://", "http://")) else None

    return nh3.clean(
        stored,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        attribute_filter=attribute,
        link_rel="noopener noreferrer nofollow",
    )


def has_remote_pictures(stored: str) -> bool:
    """Whether `shown_html` leaves pictures out (a guess that may say yes too often)."""
    return 'src="http' in stored
