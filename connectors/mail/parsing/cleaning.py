"""HTML made safe to show: an allow list, enforced by nh3 (a browser-grade HTML5 parser)."""

import re

import nh3

_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color",
    "border-left", "border-right", "border-spacing", "border-style", "border-top", "border-width",
    "color", "direction", "font-family", "font-size", "font-style", "font-weight", "height",
    "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom", "margin-left",
    "margin-right", "margin-top", "max-width", "padding", "padding-bottom", "padding-left",
    "padding-right", "padding-top", "text-align", "text-decoration", "text-indent",
    "vertical-align", "white-space", "width", "word-break",
}  # fmt: skip
_TAGS = {
    "a", "abbr", "b", "bdi", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
    "u", "ul", "var",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "align", "title"},
    "a": {"href"},
    "img": {"src", "data-src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor", "height"},
    "tr": {"bgcolor", "valign"},
    "td": {"colspan", "rowspan", "width", "height", "bgcolor", "valign"},
    "th": {"colspan", "rowspan", "width", "height", "bgcolor", "valign"},
    "col": {"width", "span"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
}
_CONTENT_DROPPED = {"script", "style", "title", "template", "iframe", "object", "svg", "math"}
_INLINE_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp);base64,", re.IGNORECASE)
_STYLE_REFUSED = re.compile(r"url\s*\(|expression|@import|\\|/\*|image-set|position", re.IGNORECASE)
_LINK_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        allowed = value.startswith("cid:") or _INLINE_IMAGE.match(value)
        return value if allowed else None
    if name == "data-src":
        return value if value.lower().startswith(("http://", "https://")) else None
    if name == "href":
        return value if value.strip().lower().startswith(_LINK_SCHEMES) else None
    if name == "style":
        return None if _STYLE_REFUSED.search(value) else value
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_CONTENT_DROPPED,
    attributes=_ATTRIBUTES,
    attribute_filter=_filter_attribute,
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    set_tag_attribute_values={"a": {"target": "_blank"}},
    filter_style_properties=_STYLES,
)


def clean_html(html: str) -> str:
    """`html` with only what may be shown: no script, no style sheet, no event handler, no form,
    no link but http(s), mailto and tel, and no image but the mail's own (`cid:`, `data:`)."""
    return _CLEANER.clean(html).strip() if html else ""
