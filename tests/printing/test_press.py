"""The press: what comes out, what it refuses, and what a layout cannot reach."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from printing.press import Limits, Order, Press, PrintRefused
from printing.press.machine import read_frame, refusal, write_frame
from tests.printing.conftest import texts

SHORT = Limits(seconds=2)
PATIENT = Limits(seconds=30)  # a slow machine must not meet this limit before the one under test


def refused(machine: Press, layout: str, limits: Limits = PATIENT) -> PrintRefused:
    with pytest.raises(PrintRefused) as caught:
        machine.prints(Order(layout, [{"ticket": {"number": "1"}}], limits=limits))
    return caught.value


def embedded_fonts(pdf: bytes) -> int:
    """How many font programs the pages use, each counted once."""
    programs = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            for real in font.get_object().get("/DescendantFonts", [font]):
                described = real.get_object()["/FontDescriptor"].get_object()
                programs |= {
                    described.raw_get(key).idnum for key in described if key.startswith("/FontFile")
                }
    return len(programs)


def test_chinese_with_codes_and_page_numbers(machine: Press) -> None:
    layout = "<h1>{{ ticket.title }}</h1>{{ qr(ticket.number) }}{{ barcode(ticket.number) }}"
    facts = {"ticket": {"title": "打印机坏了，请尽快处理", "number": "WN-20260101-000001"}}
    sheet = machine.prints(Order(layout, [facts], title="工单", pictures=1))
    (page,) = texts(sheet.pdf)
    assert "打印机坏了，请尽快处理" in page
    assert "1/1" in page
    assert (sheet.pages, sheet.notes) == (1, [])
    assert sheet.pictures[0].startswith(b"\x89PNG")


def test_only_chinese_faces_of_simplified_characters_are_used(machine: Press) -> None:
    """Also in the margin of the page: there WeasyPrint would fall back to Japanese forms of the same characters."""
    layout = '<div class="foot">恒泰公司 直角骨</div><h1>直角骨 Ticket 123</h1>'
    sheet = machine.prints(Order(layout, [{}]))
    fonts = {
        str(font["/BaseFont"])
        for page in PdfReader(io.BytesIO(sheet.pdf)).pages
        for font in (f.get_object() for f in page["/Resources"]["/Font"].values())
    }
    assert fonts
    assert not [name for name in fonts if "JP" in name or "Serif" in name or "DejaVu" in name], (
        fonts
    )


def test_each_of_many_has_its_own_pages_and_shares_the_fonts(machine: Press) -> None:
    facts = [{"n": n, "long": n == 1} for n in range(3)]
    layout = "<h1>第{{ n }}张</h1>{% if long %}<p style='break-before: page'>续</p>{% endif %}"
    sheet = machine.prints(Order(layout, facts))
    pages = texts(sheet.pdf)
    assert [page[-3:] for page in pages] == ["1/1", "1/2", "2/2", "1/1"]
    many = machine.prints(Order(layout, [facts[1]] * 20))
    assert len(texts(many.pdf)) == 40
    assert 0 < embedded_fonts(many.pdf) == embedded_fonts(sheet.pdf)


def test_facts_are_text_whatever_they_hold(machine: Press) -> None:
    facts = {"a": "<script>x</script>{{ 7*7 }}<img src='file:///etc/passwd'>"}
    sheet = machine.prints(Order("<p>{{ a }}</p>{{ nothing.at.all }}", [facts]))
    assert "<script>x</script>{{7*7}}<img" in texts(sheet.pdf)[0]
    assert sheet.notes == ["value:nothing"]


@pytest.mark.parametrize(
    "layout",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% set n = namespace(x='x') %}{% for a in range(99999) %}{% for b in range(9999) %}"
        "{% set n.x = n.x[:5] ~ a %}{% endfor %}{% endfor %}",
    ],
)
def test_a_layout_that_loops_for_ever_is_ended(machine: Press, layout: str) -> None:
    started = time.monotonic()
    error = refused(machine, layout, SHORT)
    assert error.kind == "too_long"
    assert time.monotonic() - started < 20  # for ever, without the limit
    assert machine.prints(Order("<p>好</p>", [{}])).pages == 1  # the next one is printed


@pytest.mark.parametrize(
    "layout",
    [
        "{{ 'x' * 99999999999 }}",
        "{{ 'x'.center(99999999999) }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% for a in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
        "{% set n = namespace(x='xxxxxxxxxx') %}{% for a in range(60) %}"
        "{% set n.x = n.x ~ n.x %}{% endfor %}",
    ],
)
def test_a_layout_that_grows_without_end_is_ended(machine: Press, layout: str) -> None:
    assert refused(machine, layout).kind in ("too_large", "forbidden")


@pytest.mark.parametrize(
    "layout",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ qr.__globals__ }}",
        "{{ ticket.__init__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ '{0.__class__}'.format(1) }}",
        "{% set x = ticket.update({'number': 2}) %}",
    ],
)
def test_a_layout_cannot_reach_python(machine: Press, layout: str) -> None:
    error = refused(machine, layout)
    assert error.kind in ("forbidden", "syntax")
    assert error.words.zh


def test_a_mistake_is_told_with_its_line(machine: Press) -> None:
    error = refused(machine, "<p>\n{% if %}\n</p>")
    assert (error.kind, error.line) == ("syntax", 2)
    assert "第 2 行" in error.words.zh


@pytest.fixture
def asked() -> "list[str]":
    return []


@pytest.fixture
def server(asked: list[str]) -> "str":
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_no_address_is_called_and_no_file_is_read(
    machine: Press, server: str, asked: list[str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text>GEHEIM</text></svg>')
    file = secret.as_uri()
    layout = f"""<link rel="stylesheet" href="{server}/a.css"><link rel="attachment" href="{file}">
    <style>@import url({server}/b.css); @font-face {{ font-family: x; src: url({server}/c.woff) }}
    p {{ background: url({file}); font-family: x }}</style>
    <img src="{server}/d.png"><img src="{file}"><object data="{file}"></object><embed src="{file}">
    <svg><image href="{file}"/><use href="{file}#a"/></svg><p>好</p><img src="relative.png">
    <iframe src="{server}/e"></iframe><a href="{file}">x</a>"""
    sheet = machine.prints(Order(layout, [{}], archive=True))
    assert asked == []
    assert b"GEHEIM" not in sheet.pdf
    assert "GEHEIM" not in "".join(texts(sheet.pdf))
    noted = {note for note in sheet.notes if note.startswith("address:")}
    assert {f"address:{file}", f"address:{server}/d.png", f"address:{server}/a.css"} <= noted
    assert not PdfReader(io.BytesIO(sheet.pdf)).attachments


def test_files_of_the_order_are_shown(machine: Press) -> None:
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    sheet = machine.prints(
        Order("<img src='desk:one'><img src='desk:two'>", [{}], files={"one": out.getvalue()})
    )
    assert sheet.notes == ["address:desk:two"]


def test_pdf_a_with_attached_files(machine: Press) -> None:
    attached = {"trail.json": '{"一": 1}'.encode()}
    sheet = machine.prints(Order("<p>好</p>", [{}], title="审计", archive=True, attached=attached))
    pdf = PdfReader(io.BytesIO(sheet.pdf))
    assert dict(pdf.attachments) == {"trail.json": [attached["trail.json"]]}
    described = pdf.trailer["/Root"]["/Metadata"].get_object().get_data()
    assert b'pdfaid:part="3" pdfaid:conformance="U"' in described


def test_a_machine_that_dies_is_replaced(machine: Press) -> None:
    own = Press(1)
    assert own.prints(Order("<p>1</p>", [{}])).pages == 1
    inner = own._free.get()
    inner.process.kill()
    inner.process.wait()
    own._free.put(inner)
    assert own.prints(Order("<p>1</p>", [{}])).pages == 1
    own.end()


def test_many_threads_print_at_once(machine: Press) -> None:
    with ThreadPoolExecutor(6) as pool:
        sheets = pool.map(
            lambda n: machine.prints(Order("<p>第{{ n }}张</p>", [{"n": n}])), range(12)
        )
        assert [texts(sheet.pdf)[0][:3] for sheet in sheets][:3] == ["第0张", "第1张", "第2张"]


def test_frames_that_are_broken_are_refused() -> None:
    out = io.BytesIO()
    write_frame(out, b"abc")
    whole = out.getvalue()
    assert read_frame(io.BytesIO(whole)) == b"abc"
    assert read_frame(io.BytesIO(b"")) is None
    for broken in (whole[:4], whole[:-1]):
        with pytest.raises(EOFError):
            read_frame(io.BytesIO(broken))
    with pytest.raises(ValueError):
        read_frame(io.BytesIO(b"\xff" * 8))
    assert b"too_long" in refusal("too_long", "")


def test_no_children_are_left(machine: Press) -> None:
    own = Press(1)
    with pytest.raises(PrintRefused):
        own.prints(Order("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                         [{}], limits=Limits(seconds=1)))  # fmt: skip
    process = own._free.get()
    own._free.put(process)
    children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children")
    assert children.read_text().split() == []
    own.end()
    assert process.process.poll() is not None


def test_a_machine_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANEDESK_SECRET", "geheim")
    own = Press(1)
    own.prints(Order("<p>1</p>", [{}]))
    process = own._free.get()
    own._free.put(process)
    assert b"geheim" not in Path(f"/proc/{process.process.pid}/environ").read_bytes()
    own.end()
