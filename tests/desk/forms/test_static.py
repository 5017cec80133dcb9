"""Texts, HTML, pictures, layout: what is only shown, and that nothing in it can do harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import fromstring

from desk.forms.markdown import clean_html, escape_markdown, markdown
from desk.forms.rendering import twelfths
from tests.desk.forms.building import field, form, page


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hello", "<p>Hello</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p>\n<p>three</p>"),
        ("# Title", "<h2>Title</h2>"),
        ("###### Six", "<h6>Six</h6>"),
        ("**bold** and *slanted* and `a*b*c`",
         "<p><strong>bold</strong> and <em>slanted</em> and <code>a*b*c</code></p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("> quoted", "<blockquote><p>quoted</p></blockquote>"),
        ("---", "<hr>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        (r"\*not\*", "<p>*not*</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        ("| a | b |\n|---|---|\n| *c* | d |",
         '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
         "<tbody><tr><td><em>c</em></td><td>d</td></tr></tbody></table>"),
        ("|no|table|", "<p>|no|table|</p>"),
        ("a\n\n```\n# <b> *c* \\-\n\n1\n```\nd", "<p>a</p>\n<pre># &lt;b&gt; *c* \\-\n\n1</pre>\n<p>d</p>"),
    ],
)  # fmt: skip
def test_the_markdown_that_forms_need(text, html):
    assert markdown(text).strip() == html


def test_links_open_only_where_it_is_safe():
    link = fromstring(markdown("[help](https://example.com/_a_/*b*?x=1&y=2)"))
    assert link.xpath("//a/@href") == ["https://example.com/_a_/*b*?x=1&y=2"]
    assert "noopener" in link.xpath("//a/@rel")[0]
    for address in ("javascript:alert(1)", "data:text/html,x", "vbscript:x", "JaVaScRiPt:x"):
        assert "href" not in markdown(f"[x]({address})")


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '"><iframe src=//evil>',
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<form action=//evil><input name=password>",
    "</div></form><button formaction=//evil>",
    "<!--<img src=x>--><math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "\\<img src=x onerror=alert(1)>",
]


def harmless(tree):
    assert not tree.xpath("//script|//iframe|//style|//*[@onerror or @onload or @formaction]")
    assert not tree.xpath("//input[@name='password']|//svg[@onload]|//form/@action")
    assert not [href for href in tree.xpath("//@href") if "script" in href.lower()]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_schema_brings_markup_where_none_belongs(attack):
    drawn = form(
        field("textfield", label=attack, description=attack,
              appearance={"prefixAdorner": attack, "suffixAdorner": attack}),
        field("select", "s", values=[{"label": attack, "value": attack}]),
        field("checklist", "c", values=[{"label": attack, "value": attack}]),
        {"type": "group", "id": "g", "label": attack, "components": [
            {"type": "text", "id": "t", "text": attack}]},
        {"type": "dynamiclist", "id": "l", "label": attack, "path": "p", "components": []},
        {"type": "html", "id": "h", "content": attack},
        {"type": "image", "id": "i", "source": attack, "alt": attack},
    )  # fmt: skip
    tree = page(drawn, errors={"x": attack, "s": attack, "p": attack})
    harmless(tree)
    assert attack in tree.xpath("//label/text()")
    assert attack in tree.xpath("//option/@value")
    harmless(fromstring(drawn.error_summary({"x": attack, attack: attack}, "en")))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_value_brings_markup(attack):
    drawn = form(
        field("textfield", "a"),
        field("textarea", "b"),
        field("number", "c"),
        field("datetime", "d"),
        field("filepicker", "e"),
        field("select", "s", valuesKey="options"),
        field("textfield", "r", readonly=True),
        {"type": "text", "id": "t", "text": "Dear {{a}}, [{{a}}](https://example.com) **{{a}}**"},
        {"type": "html", "id": "h", "content": "<p title='{{a}}'>{{a}}</p>"},
        {"type": "html", "id": "whole", "content": "=a"},
        {"type": "image", "id": "i", "source": "=a", "alt": "{{a}}"},
    )
    data = dict.fromkeys("abcdrs", attack) | {"options": [attack], "e": [{"name": attack}]}
    for readonly in (False, True):
        tree = page(drawn, data, readonly=readonly)
        harmless(tree)
    tree = page(drawn, data)
    assert tree.xpath("//input[@name='a']/@value") == [attack]
    assert tree.xpath("//textarea")[0].text.removeprefix("\n") == attack
    assert f"Dear {attack}" in " ".join(tree.text_content().split())


@given(st.text(max_size=80))
def test_data_in_markdown_is_shown_as_it_is(text):
    shown = fromstring(f"<div>{markdown('a ' + escape_markdown(text) + ' z')}</div>").text_content()
    private = {chr(code) for code in range(0xE000, 0xE080)}
    plain = "".join(char for char in text if char not in private)
    assert "".join(shown.split()) == "".join(_as_html_reads(f"a {plain} z").split())


def _as_html_reads(text):
    """The text after a trip through an HTML parser, which mends what HTML cannot hold."""
    return fromstring(f"<div>{clean_html(str(_escape(text)))}</div>").text_content()


def _escape(text):
    from markupsafe import escape

    return escape(text.replace("\r", "\n").replace("\n", " "))


@given(st.text(alphabet="ab*_`[]()#>-\\!1. \n<&", max_size=200))
def test_any_text_is_markdown_and_clean(text):
    html = markdown(text)
    assert clean_html(html) == html


def test_addresses_of_pictures():
    def shown(source):
        return page(form({"type": "image", "id": "i", "source": source, "alt": "Alt"})).xpath(
            "//img/@src"
        )

    for good in ("https://example.com/a.png", "/static/a.png", "data:image/png;base64,AAAA"):
        assert shown(good) == [good]
    for bad in ("javascript:alert(1)", "//evil/a.png", "/\\evil", "data:image/svg+xml;base64,AAAA",
                "data:text/html,x", "", "a b"):  # fmt: skip
        assert shown(bad) == []


def test_texts_are_translated_and_may_hold_data():
    drawn = form(
        {"type": "text", "id": "t", "text": "你好 {{name}}",
         "properties": {"text:en": "Hello {{name}}, {{count}} new, {{1/3}}"}},
        {"type": "html", "id": "h", "content": "<b>是</b>", "properties": {"content:en": "<b>Yes</b>"}},
    )  # fmt: skip
    shown = page(drawn, {"name": "Ada", "count": 2.5}, locale="en").text_content()
    assert "Hello Ada, 2.5 new, 0.333" in shown
    assert "Yes" in shown
    assert "你好 是" in " ".join(page(drawn, locale="zh_CN").text_content().split())


def test_lists_and_objects_between_words():
    drawn = form({"type": "text", "id": "t", "text": "{{a}} / {{b}} / {{c}} / {{d}}"})
    data = {"a": ["x", 1], "b": {"k": "v"}, "c": True, "d": None}
    assert "x, 1 / k: v / true /" in page(drawn, data).text_content()


def test_separators_spacers_and_buttons():
    drawn = form(
        {"type": "separator", "id": "a"},
        {"type": "spacer", "id": "b", "height": 24},
        {"type": "button", "id": "c", "label": "Send", "action": "submit"},
    )
    tree = page(drawn)
    assert tree.xpath("//hr")
    assert tree.xpath("//svg/@height") == ["24"]
    assert tree.xpath("//button") == []


class TestLayout:
    """form-js rows of 16 columns become Bootstrap rows of 12."""

    def test_components_of_one_row_stand_together_in_the_order_of_the_first(self):
        drawn = form(
            field("textfield", "a", layout={"row": "one", "columns": 8}),
            field("textfield", "b"),
            field("textfield", "c", layout={"row": "one", "columns": None}),
        )
        rows = page(drawn).find_class("ld-row")
        assert [row.xpath(".//input/@name") for row in rows] == [["a", "c"], ["b"]]
        assert rows[0].xpath("div/@class") == ["col-12 col-md-6", "col-12 col-md"]

    def test_what_is_hidden_leaves_no_gap(self):
        drawn = form(
            field("textfield", "a", layout={"row": "one"}, conditional={"hide": True}),
            field("textfield", "b", layout={"row": "two"}),
        )
        assert len(page(drawn).find_class("ld-row")) == 1

    @given(st.lists(st.integers(2, 16) | st.none(), min_size=1, max_size=8))
    def test_what_fits_16_fits_12(self, columns):
        widths = twelfths(columns)
        assert [width is None for width in widths] == [width is None for width in columns]
        assert all(width is None or 1 <= width <= 12 for width in widths)
        if sum(filter(None, columns)) <= 16:
            assert sum(filter(None, widths)) <= 12

    def test_the_widths_people_draw(self):
        assert twelfths([16]) == [12]
        assert twelfths([8, 8]) == [6, 6]
        assert twelfths([5, 5, 6]) == [4, 4, 4]
        assert twelfths([4, 12]) == [3, 9]
        assert twelfths([5, 11]) == [4, 8]
