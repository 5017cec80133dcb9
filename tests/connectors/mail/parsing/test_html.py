"""HTML that may be shown, and its words."""

import pytest

from connectors.mail.parsing import clean_html, parse_mail
from connectors.mail.parsing.markup import read_markup
from tests.connectors.mail.parsing.mails import mail


def shown(html: str) -> str:
    return parse_mail(mail(html, content_type="text/html; charset=utf-8")).html


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=http://x/y.js></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        '<img src="cid:a" onload="alert(1)">',
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java\nscript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='vbscript:x'>x</a>",
        "<iframe src=http://x></iframe>",
        "<form action=http://x><input name=password><button>go</button></form>",
        "<object data=x></object><embed src=x>",
        "<meta http-equiv=refresh content='0;url=http://x'>",
        "<base href=http://x><link rel=stylesheet href=http://x>",
        "<style>body{background:url(http://x)}</style>",
        "<div style='background:url(http://x)'>x</div>",
        "<div style='background-color:red;background-image:\\75rl(http://x)'>x</div>",
        "<div style='position:fixed;top:0;left:0'>x</div>",
        "<table background=http://x><tr><td background=http://x>x</table>",
        "<img src=http://x/pixel.gif><img srcset='http://x 2x' src='//x/y'>",
        "<video src=http://x poster=http://x></video><audio src=http://x></audio>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<![CDATA[<img src=x onerror=alert(1)>]]>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
        "<div class=modal id=login>x</div>",
        "<a href=http://x target=_self rel=opener>x</a>",
    ],
)
def test_nothing_that_acts_is_left(html: str):
    result = shown("words " + html)
    assert "words" in result
    lowered = result.lower()
    for bad in ("<script", "<style", "<iframe", "<form", "<input", "<object", "<svg", "<meta", "<link",
                "javascript:", "vbscript:", "url(", "position", "class=", "id=", " src=\"http",
                " src=\"//", "srcset", "background", "rel=\"opener\"", "svg+xml"):  # fmt: skip
        assert bad not in lowered.replace("onerror=alert(1)&gt;", "")
    assert "<img" not in lowered or "onerror" not in lowered


def test_layout_that_people_use_stays():
    html = '<p style="color:#f00;text-align:center">a <b>b</b></p><table border="1"><tr><td>c</td></tr></table>'
    result = shown(html)
    assert '<p style="color:#f00;text-align:center">a <b>b</b></p>' in result
    assert '<table border="1">' in result


def test_links_open_apart_and_do_not_tell():
    assert shown('<a href="https://x.example/?a=1&amp;b=2">x</a>') == (
        '<a href="https://x.example/?a=1&amp;b=2" target="_blank" '
        'rel="noopener noreferrer nofollow">x</a>'
    )


def test_remote_images_wait_for_the_reader():
    assert shown("<p>a<img src='https://x.example/a.png' width=20 alt=logo></p>") == (
        '<p>a<img alt="logo" width="20" data-src="https://x.example/a.png"></p>'
    )


def test_data_src_cannot_carry_a_script():
    assert "javascript" not in clean_html('<img data-src="javascript:alert(1)">')


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b\n</pre>", "a\n  b"),
        ("a &amp; b &lt;c&gt; &#20320;&nbsp;x", "a & b <c> 你 x"),
        ("<title>no</title><style>no</style>a<script>no</script>", "a"),
        ("<!--[if mso]>no<![endif]-->a<!-- no -->b", "ab"),
        ("<!-- never closed a", "never closed a"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("a<b", "a<b"),
        ("<a title='>'>x</a>", "x"),
        ('<p class="unclosed>a</p>', "a"),
        ("x<style>unclosed", "xunclosed"),
        ("<p>a<p>b<p>c", "a\n\nb\n\nc"),
    ],
)
def test_words_of_html(html: str, text: str):
    assert read_markup(html).text == text


def test_deep_nesting_is_cut_flat_and_keeps_the_words():
    parsed = parse_mail(
        mail("<div>" * 20_000 + "deep" + "</div>" * 20_000, content_type="text/html")
    )
    assert parsed.text == "deep"
    assert parsed.html.count("<div>") < 200


def test_markup_made_to_explode_is_shown_as_words():
    html = "".join(f"<font color={i}>" for i in range(140)) + "<p>x" * 20_000
    parsed = parse_mail(mail(html, content_type="text/html"))
    assert parsed.text.count("x") == 20_000
    assert len(parsed.html) < 20 * len(html)
    assert "<font" not in parsed.html
