"""Photos and signatures of forms, as they stand in a printed document."""

import io
import struct
import zlib
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader
from sqlalchemy import select

from desk.application import Desk
from desk.people.access import actor_of
from desk.tickets import events
from desk.tickets.types import ensure_types, requested_type
from engine.tables import human_task
from printing import pictures
from printing.documents import ticket_order, tickets
from printing.pictures import Pictures
from printing.press import Press
from printing.press.pictures import FINEST, fitting
from printing.queries import layout_by_key
from tests.printing.conftest import texts


def photograph(colour: str, *, turned: bool = False, kind: str = "JPEG") -> bytes:
    """A picture that lies, its upper half in `colour`; `turned`: kept on its side, with a note how it was held."""
    picture = Image.new("RGB", (3200, 2400), "white")
    picture.paste(colour, (0, 0, 3200, 1200))
    exif = Image.Exif()
    if turned:
        picture, exif[0x0112] = picture.rotate(90, expand=True), 6
    out = io.BytesIO()
    picture.save(out, kind, exif=exif)
    return out.getvalue()


def test_photos_and_the_signature_stand_in_the_work_order_as_pictures(
    desk: Desk, crew: SimpleNamespace, machine: Press
) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)

    def file(name: str, content: bytes) -> dict[str, Any]:
        key = desk.storage.put(content, suffix=f".{name.rpartition('.')[2]}")
        return {"name": name, "key": key, "size": len(content)}

    signed = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(signed).line([(30, 150), (150, 40), (260, 160), (420, 50), (570, 120)], "navy", 9)
    out = io.BytesIO()
    signed.save(out, "PNG")
    kept = {
        "photos": [file("漏水.jpg", photograph("red")), file("说明.pdf", b"%PDF-1.7"),
                   file("坏.png", b"\x89PNG\r\n\x1a\nno more")],
    }  # fmt: skip
    filled: dict[str, dict[str, Any]] = {
        "dispatch": {"outcome": "dispatch", "person": f"user:{crew.lilei.id}"},
        "accept": {"outcome": "accept"},
        "arrive": {"outcome": "arrived",
                   "arrive_photos": [file("现场.jpg", photograph("green", turned=True))]},
        "serve": {"outcome": "complete", "solution": "换了密封圈"},
        "sign": {"outcome": "signed", "signer": "韩梅", "signature": [file("签名.png", out.getvalue())]},
    }  # fmt: skip
    lilei, boss = actor_of(crew.lilei), actor_of(crew.dispatcher)
    with desk.database.transaction() as session:
        kind = requested_type(session, "on-site", crew.dispatcher)
        ticket = events.request_ticket(
            session, desk.engine, actor=lilei, title="洗衣机漏水", text="", kind=kind, form_data=kept
        )
    for element, values in filled.items():
        with desk.database.transaction() as session:
            (task,) = session.scalars(
                select(human_task.c.id).where(
                    human_task.c.element_id == element, human_task.c.status == "open"
                )
            )
            outcome = values.pop("outcome")
            actor = boss if element == "dispatch" else lilei
            desk.engine.complete(session, task, values, outcome=outcome, actor=actor)
    with desk.reading() as session:
        (found,) = tickets(session, [ticket.id])
        orders = {
            key: ticket_order(
                session, desk, found, layout_by_key(session, key), actor=lilei, locale="zh_CN"
            )
            for key in ("work_order", "ticket", "questionnaire")
        }
    assert len(orders["work_order"].files) == 4  # the PDF is named only; what is broken is found out by the press
    (facts,) = orders["work_order"].facts
    assert facts["signature"]["name"] == "签名.png"
    sheet = machine.prints(orders["work_order"].with_pictures(9))
    assert [note for note in sheet.notes if "desk:" not in note] == []
    dots: list[tuple[int, int, int]] = []
    for content in sheet.pictures:
        dots += Image.open(io.BytesIO(content)).convert("RGB").get_flattened_data()
    assert sum(r > 200 and g < 60 and b < 60 for r, g, b in dots) > 1000  # the photo of the form
    assert sum(g > 90 and r < 60 and b < 60 for r, g, b in dots) > 1000  # that of the place
    assert sum(b > 100 and r < 40 and g < 40 for r, g, b in dots) > 50  # the signature
    set_in = [one for page in PdfReader(io.BytesIO(sheet.pdf)).pages for one in page.images]
    assert len(set_in) >= 3
    for picture in set_in:  # all of them lie, however they were kept
        assert FINEST >= picture.image.width >= picture.image.height
    assert "说明.pdf" in "".join(texts(sheet.pdf))
    for key in ("ticket", "questionnaire"):
        assert PdfReader(io.BytesIO(machine.prints(orders[key]).pdf)).pages[0].images


def test_what_is_no_picture_or_too_large_a_one_is_left_out() -> None:
    huge = b"".join(  # a header that claims 30,000 by 30,000 dots
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)),)
    )
    for content in (b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\n" + huge, photograph("red")[:5000]):
        with pytest.raises(ValueError, match="picture"):
            fitting(content)
    upright = Image.open(io.BytesIO(fitting(photograph("blue", turned=True))))
    assert upright.size == (FINEST, FINEST * 3 // 4)
    assert upright.getpixel((700, 100))[2] > 200  # type: ignore[index]


def test_pictures_are_bounded_in_number_and_size(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [desk.storage.put(photograph(c, kind="PNG"), suffix=".png") for c in ("red", "blue")]
    size = len(desk.storage.get(keys[0]))
    monkeypatch.setattr(pictures, "LARGEST", size - 1)
    assert Pictures(desk.storage, {}).address(keys[0]) == ""
    monkeypatch.setattr(pictures, "LARGEST", size * 2)
    monkeypatch.setattr(pictures, "TOGETHER", size + 10)
    files: dict[str, bytes] = {}
    first, second = Pictures(desk.storage, files), Pictures(desk.storage, files)
    assert first.address(keys[0]) == second.address(keys[0]) == f"desk:{keys[0]}"
    assert second.address(keys[1]) == ""  # the order has no room left
    for nothing in ("../../etc/passwd", "0" * 64, None, {"a": 1}):
        assert first.address(nothing) == ""
    first.left = 0
    assert first.address(keys[0]) == ""
