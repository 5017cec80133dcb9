"""Mail HTML can run nothing, load nothing and look like nothing of ours."""

import pytest

from desk.tickets.html import HTML_LIMIT, clean_html, shown_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<svg onload=alert(1)><animate></svg>",
    "<iframe src='https://evil.example'></iframe>",
    "<form action='https://evil.example'><input name=p></form>",
    "<style>body{display:none}</style>",
    "<div class='ld-outcomes' id='editor' style='position:fixed'>x</div>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example'>",
    "<link rel=stylesheet href='https://evil.example'>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></math>",
    "<object data='x'></object><embed src='x'>",
    "<button hx-get='/x'>x</button>",
]
FORBIDDEN = (
    "<script", "onerror", "onload", "javascript:", "data:", "<iframe", "<form", "<input", "<style",
    "class=", "id=", "style=", "<meta", "<base", "<link", "<object", "<embed", "hx-", "evil.example",
)  # fmt: skip


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_hostile_is_left(html: str) -> None:
    stored = clean_html(f"<p>before</p>{html}<p>after</p>")
    assert stored is not None
    shown = shown_html(stored, picture=lambda _cid: None)
    for text in (stored, shown):
        assert "before" in text
        assert "after" in text
        assert not [word for word in FORBIDDEN if word in text]


def test_pictures_are_ours_or_asked_for() -> None:
    stored = clean_html('<img src="cid:a@b"><img src="https://x.example/p.gif"><img src="/etc">')
    assert stored is not None
    shown = shown_html(stored, picture={"a@b": "/attachments/1/a.png"}.get)
    assert 'src="/attachments/1/a.png"' in shown
    assert "x.example" not in shown
    assert "/etc" not in shown
    loaded = shown_html(stored, picture=lambda _cid: None, remote=True)
    assert "https://x.example/p.gif" in loaded
    assert "cid:" not in loaded


def test_too_much_is_shown_as_text() -> None:
    assert clean_html("x" * (HTML_LIMIT + 1)) is None
    deep = clean_html("<div>" * 20_000 + "x")
    assert deep is not None
    assert "x" in deep
