"""Every format holds what the history holds; XES and OCEL open in pm4py and tell the same there."""

import csv
import io
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

import orjson
import pytest
from lxml import etree
from sqlalchemy import insert, select, update
from sqlalchemy.event import listen
from sqlalchemy.orm import ORMExecuteState

from desk.application import Desk
from desk.audit.operations import record
from desk.audit.personal import conceal
from desk.audit.snapshot import AT_ONCE, snapshot
from desk.background import running
from desk.background.models import BackgroundJob
from desk.background.running import Running, work_due
from desk.contacts.models import Contact
from desk.exports import lines, operations, source, writers, xlsx
from desk.exports.wanted import CannotExport, Wanted
from desk.tickets.models import Ticket
from engine.actors import SYSTEM, Actor
from engine.history import PASSES, START, Recorder
from engine.tables import deployed_resource, history, process_instance, process_version
from tests.desk.audit.conftest import Processes

LI, HAN = Actor("user", 7, "李雷"), Actor("user", 8, "Han <Mei> & Co")
BEGIN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
DIAGRAM = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:l="urn:lanedesk:bpmn:1.0">
<process id="ticket"><userTask id="accept" name="受理"><extensionElements><l:text lang="en" name="Accept"/>
</extensionElements></userTask><userTask id="solve" name="处理 &lt;1&gt;"/><endEvent id="done"/></process>
</definitions>"""
# what each case did, one letter an element
PATHS = ["asd", "asd", "aassd", "ad", "asd", "asssd"]
ELEMENTS = {"a": "accept", "s": "solve", "d": "done"}
NAMES = {"a": "Accept", "s": "处理 <1>", "d": "done"}


@pytest.fixture
def log(guarded: Desk, process: Processes) -> list[UUID]:
    """Cases that walk PATHS, an element every ten minutes, turn by turn by two people and the system."""
    with guarded.database.transaction() as session:
        version = process.version(session, "ticket")
        session.execute(
            insert(deployed_resource).values(
                deployment_id=session.scalar(select(process_version.c.deployment_id)),
                name="ticket.bpmn", kind="bpmn", content=DIAGRAM.encode(), sha256="0" * 64,
            )
        )  # fmt: skip
        contact = Contact(name="韩梅")
        session.add(contact)
        session.flush()
        found = []
        for number, path in enumerate(PATHS):
            found.append(_case(session, version, number, path, contact.id))
    return found


def _case(session: Any, version: UUID, number: int, path: str, contact: int) -> UUID:
    instance, rows = uuid4(), []
    at = BEGIN + timedelta(hours=number)
    seq, previous = 0, START
    for step, letter in enumerate(path):
        actor = (LI, HAN, SYSTEM)[step % 3]
        recorder = Recorder(instance, actor.as_json(), at, seq, previous)
        if not seq:
            recorder.add("started", None, None, {"version": 1, "set": {"priority": "normal"}})
        data = {"set": {"priority": "high"}}
        if letter == "a":
            recorder.add("submitted", "accept", uuid4(), {**data, "outcome": "ok"})
        else:
            recorder.add("completed", ELEMENTS[letter], uuid4(), data)
        rows += recorder.rows
        seq, previous, at = recorder.seq, recorder.hash, at + timedelta(minutes=10)
    session.execute(
        insert(process_instance).values(
            id=instance, version_id=version, status="completed", revision=1, state=b"",
            history_seq=seq, history_hash=previous, depth=0, started_at=rows[0]["at"],
            ended_at=rows[-1]["at"],
        )
    )  # fmt: skip
    session.execute(insert(history), rows)
    session.add(
        Ticket(
            number=f"WN-{number}", title="x", channel="mail", instance_id=instance,
            contact_id=contact, created_by={},
        )
    )  # fmt: skip
    session.flush()
    return instance


@pytest.fixture
def export(guarded: Desk, tmp_path: Path) -> Callable[..., Path]:
    """`export("xes", …)`: the file that a worker makes."""

    def make(form: str, **filters: Any) -> Path:
        with guarded.database.transaction() as session:
            asked = operations.ask(session, Wanted(format=form, **filters), actor=SYSTEM, anew=True)
        work_due(guarded)
        with guarded.reading() as session:
            job = session.get_one(BackgroundJob, asked.id)
        assert job.status == "done", job.error
        path = tmp_path / f"{asked.id}-{job.file_name}"
        path.write_bytes(guarded.storage.get(job.file_key or ""))
        return path

    return make


def ours() -> tuple[Counter[tuple[str, ...]], list[float]]:
    """Variants, and durations in seconds."""
    variants = Counter(tuple(NAMES[letter] for letter in path) for path in PATHS)
    return variants, sorted(600.0 * (len(path) - 1) for path in PATHS)


def test_xes_says_the_same_in_pm4py(log: list[UUID], export: Callable[..., Path]) -> None:
    import pm4py

    frame = pm4py.read_xes(str(export("xes")))
    variants, durations = ours()
    assert len(frame) == sum(map(len, PATHS))
    assert frame["case:concept:name"].nunique() == len(PATHS)
    assert pm4py.get_variants(frame) == dict(variants)
    assert sorted(pm4py.get_all_case_durations(frame)) == durations
    assert set(frame["org:resource"].dropna()) == {"李雷", "Han <Mei> & Co"}
    assert set(frame["case:lanedesk:ticket"]) == {f"WN-{n}" for n in range(len(PATHS))}
    first = frame[frame["case:concept:name"] == str(log[0])].sort_values("lanedesk:seq")
    assert first["time:timestamp"].iloc[0].to_pydatetime() == BEGIN


def test_xes_is_well_formed_whatever_the_names(
    log: list[UUID], export: Callable[..., Path]
) -> None:
    from lxml import etree

    tree = etree.parse(str(export("xes")))
    root = tree.getroot()
    assert root.get("xes.version") == "1849-2023"
    spaces = {"x": "http://www.xes-standard.org/"}
    assert len(root.findall("x:trace", spaces)) == len(PATHS)
    assert len(root.findall("x:extension", spaces)) == 4


@pytest.mark.parametrize("form", ["ocel", "ocel-sqlite"])
def test_ocel_says_the_same_in_pm4py(
    log: list[UUID], export: Callable[..., Path], form: str, tmp_path: Path
) -> None:
    import pm4py

    path = export(form)
    read = pm4py.read_ocel2_json if form == "ocel" else pm4py.read_ocel2_sqlite
    ocel = read(str(path))
    variants, durations = ours()
    assert len(ocel.events) == sum(map(len, PATHS))
    assert Counter(ocel.events["ocel:activity"]) == Counter(
        NAMES[letter] for path in PATHS for letter in path
    )
    assert Counter(ocel.objects["ocel:type"]) == {
        "process": len(PATHS), "ticket": len(PATHS), "customer": 1, "person": 2,
    }  # fmt: skip
    flat = pm4py.ocel_flattening(ocel, "process")
    assert pm4py.get_variants(flat) == dict(variants)
    assert sorted(pm4py.get_all_case_durations(flat)) == durations
    assert len(pm4py.ocel_flattening(ocel, "ticket")) == sum(map(len, PATHS))
    per_person = Counter(pm4py.ocel_flattening(ocel, "person")["case:concept:name"])
    steps = [step % 3 for path in PATHS for step in range(len(path))]
    assert per_person == {"user:7": steps.count(0), "user:8": steps.count(1)}


def test_ocel_json_keeps_to_the_standard(log: list[UUID], export: Callable[..., Path]) -> None:
    found = orjson.loads(export("ocel").read_bytes())
    assert found.keys() == {"events", "objects", "objectTypes", "eventTypes"}
    known = {item["id"] for item in found["objects"]}
    for event in found["events"]:
        assert {r["objectId"] for r in event["relationships"]} <= known
    assert {e["type"] for e in found["events"]} == {t["name"] for t in found["eventTypes"]}
    assert {o["type"] for o in found["objects"]} <= {t["name"] for t in found["objectTypes"]}


def test_csv_says_it_in_words(log: list[UUID], export: Callable[..., Path]) -> None:
    rows = list(csv.DictReader(io.StringIO(export("csv").read_text("utf-8-sig"))))
    assert len(rows) == sum(1 + len(path) for path in PATHS)
    assert [row["Time"] for row in rows] == sorted(row["Time"] for row in rows)
    said = {row["What happened"] for row in rows}
    assert "finished step “Accept”" not in said
    assert "finished step “Accept” with “ok”, changed priority to high" in said
    chinese = export("csv", locale="zh_CN").read_text("utf-8-sig")
    assert "完成了步骤“受理”，结果为“ok”" in chinese
    assert chinese.startswith("时间,操作人,")


def test_no_cell_is_a_formula(guarded: Desk, log: list[UUID], export: Callable[..., Path]) -> None:
    with guarded.database.transaction() as session:
        record(
            session, "setting_changed", actor=Actor("user", 9, "=cmd()"), subject="setting:x",
            reason="@SUM(1)",
        )  # fmt: skip
    text = export("csv", source="log").read_text("utf-8-sig")
    assert "'=cmd()" in text
    assert "'@SUM(1)" in text


def test_json_lines_hold_every_value_and_the_hash(
    guarded: Desk, log: list[UUID], export: Callable[..., Path]
) -> None:
    lines = [orjson.loads(line) for line in export("jsonl").read_bytes().splitlines()]
    with guarded.reading() as session:
        rows = session.execute(select(history)).all()
    assert {(r["instance"], r["seq"], r["hash"]) for r in lines} == {
        (str(r.instance_id), r.seq, bytes(r.hash).hex()) for r in rows
    }
    assert {r["version"] for r in lines} == {1}


def test_a_workbook_opens(log: list[UUID], export: Callable[..., Path]) -> None:
    with ZipFile(export("xlsx", locale="zh_CN")) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        headings = book.read("xl/sharedStrings.xml").decode()
    assert sheet.count("<row ") == 1 + sum(1 + len(p) for p in PATHS)
    assert "时间 (UTC)" in headings


def test_a_workbook_holds_times_numbers_and_any_text(
    guarded: Desk, process: Processes, export: Callable[..., Path]
) -> None:
    process(rows=1, data={"x": "<&>\x01 _x0041_ \n=1+1" + "长" * 40_000})
    with ZipFile(export("xlsx")) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        styles = etree.fromstring(book.read("xl/styles.xml"))
    name = sheet.tag.removesuffix("worksheet")
    rows = sheet.findall(f".//{name}row")
    assert sheet.find(f"{name}dimension").get("ref") == f"A1:O{len(rows)}"
    with guarded.reading() as session:
        found = session.execute(select(history).order_by(history.c.seq)).all()
    assert len(found) == len(rows) - 1
    (times,) = styles.findall(f".//{name}numFmt")
    formats = styles.findall(f".//{name}cellXfs/{name}xf")
    for row, line in zip(rows[1:], found, strict=True):
        cells = {cell.get("r").rstrip("0123456789"): cell for cell in row}
        at, seq = cells["A"], cells["M"]
        assert formats[int(at.get("s"))].get("numFmtId") == times.get("numFmtId")
        told = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(at[0].text))
        assert abs(told - line.at) < timedelta(milliseconds=1)
        assert int(seq[0].text) == line.seq
    (long,) = [t.text for t in sheet.iter(f"{name}t") if '"x":"<&>' in t.text]
    assert len(long.replace("_x005F", "")) == 32_767
    assert long.endswith("长…")


def test_a_workbook_escapes_what_xml_cannot_hold() -> None:
    written = xlsx.row(2, ["\x01 _x0041_ \ufffe\n\t"]).decode()
    assert "_x0001_ _x005F_x0041_ _xFFFE_\n\t</t>" in written
    etree.fromstring(written)


def test_more_rows_than_a_sheet_holds(
    log: list[UUID], export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "SHEET_ROWS", 10)
    with ZipFile(export("xlsx")) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 3, "27 rows"


@pytest.mark.parametrize(
    ("filters", "events"),
    [
        ({}, 21),
        ({"since": BEGIN + timedelta(hours=2)}, 15),
        ({"until": BEGIN + timedelta(hours=1)}, 3),
        ({"processes": ("ticket",)}, 21),
        ({"processes": ("other",)}, 0),
        ({"person": "user:7"}, 8),
        ({"person": "system"}, 5),
        ({"ticket": "WN-2"}, 5),
        ({"ticket": "WN-2", "person": "user:8"}, 2),
    ],
)
def test_every_filter(
    log: list[UUID], export: Callable[..., Path], filters: dict[str, Any], events: int
) -> None:
    text = export("xes", **filters).read_text()
    assert text.count("<event>") == events
    found = orjson.loads(export("ocel", **filters).read_bytes())
    assert len(found["events"]) == events
    with sqlite3.connect(export("ocel-sqlite", **filters)) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (events,)
    lines = export("jsonl", **filters).read_bytes().splitlines()
    told = [orjson.loads(line) for line in lines]
    assert sum(one["event"] in PASSES and one["element"] is not None for one in told) == events


def test_the_log_as_lines(guarded: Desk, export: Callable[..., Path]) -> None:
    with guarded.database.transaction() as session:
        record(
            session, "ticket_changed", actor=LI, subject="ticket:1",
            old={"priority": "normal"}, new={"priority": "high"},
        )  # fmt: skip
    lines = [orjson.loads(x) for x in export("jsonl", source="log").read_bytes().splitlines()]
    assert lines[0]["what"] == "changed a ticket: priority from normal to high"
    zh = export("jsonl", source="log", locale="zh_CN", person="user:7").read_bytes()
    assert orjson.loads(zh)["what"] == "修改了工单：优先级由普通改为高"
    assert [x["event"] for x in lines] == ["ticket_changed", "export_asked"]


def test_sealed_values_are_open_in_the_file(
    guarded: Desk, process: Processes, export: Callable[..., Path]
) -> None:
    with guarded.database.transaction() as session:
        sealed = conceal(session, "contact:5", "韩梅")
    process(rows=1, data={"name": sealed})
    assert "韩梅" in export("jsonl").read_text()


@pytest.mark.parametrize("form", writers.WRITERS)
def test_an_export_goes_on_where_a_dead_worker_left_it(
    guarded: Desk,
    log: list[UUID],
    export: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    whole = export(form).read_bytes()
    monkeypatch.setattr(writers, "BATCH", 4)
    with guarded.database.transaction() as session:
        asked = operations.ask(session, Wanted(format=form), actor=SYSTEM, anew=True)
    done = 0
    for keeps in (2, 1):
        killed_at_work(guarded, monkeypatch, after=keeps)
        with guarded.database.transaction() as session:
            job = session.get_one(BackgroundJob, asked.id)
            assert job.state["done"] > done
            done = job.state["done"]
            session.execute(update(BackgroundJob).values(lease_until=BEGIN))
    work_due(guarded)
    with guarded.reading() as session:
        job = session.get_one(BackgroundJob, asked.id)
    assert (job.status, job.tries) == ("done", 3)
    content = guarded.storage.get(job.file_key or "")
    if form == "ocel-sqlite":
        assert _dump(content) == _dump(whole)
    elif form == "xlsx":
        assert _sheets(content) == _sheets(whole)
    else:
        assert content == whole


def killed_at_work(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """A worker of its own process begins what is due, and dies by SIGKILL when it has kept so many places."""
    before, kept = Running.keep, []

    def keep_and_die(self: Running, state: Any) -> None:
        before(self, state)
        kept.append(state)
        if len(kept) == after:
            os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(Running, "keep", keep_and_die)
        desk.database.dispose()  # no connection may have two owners
        worker = os.fork()
        if not worker:
            try:
                work_due(desk)
            finally:
                os._exit(1)
    _, status = os.waitpid(worker, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_an_export_taken_over_by_another_machine_begins_anew(
    guarded: Desk, log: list[UUID], export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "BATCH", 4)

    class Elsewhere(Running):
        """Its folder is empty when it goes on."""

        def __init__(self, desk: Desk, job: BackgroundJob) -> None:
            super().__init__(desk, job)
            self.state = {"done": 8, "size": 5000, "after": [str(log[0])]}

    for form in ("xes", "ocel-sqlite"):
        whole = export(form).read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(running, "Running", Elsewhere)
            again = export(form).read_bytes()
        assert _dump(again) == _dump(whole) if form == "ocel-sqlite" else again == whole


def test_a_workbook_that_was_being_bound_is_bound_again(
    guarded: Desk, log: list[UUID], export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = export("xlsx").read_bytes()
    monkeypatch.setattr(writers, "BATCH", 4)
    read: list[Any] = []
    before = writers._lines

    def die(*_arguments: Any) -> None:
        raise OSError("the disk is full")

    def reading(*arguments: Any) -> Any:
        found = list(before(*arguments))
        read.append(len(found))
        return iter(found)

    with guarded.database.transaction() as session:
        asked = operations.ask(session, Wanted(format="xlsx"), actor=SYSTEM, anew=True)
    monkeypatch.setattr(writers, "_lines", reading)
    with monkeypatch.context() as patch:
        patch.setattr(xlsx, "_blocks", die)
        work_due(guarded)
    with guarded.database.transaction() as session:
        session.execute(update(BackgroundJob).values(due_at=BEGIN))
    work_due(guarded)
    with guarded.reading() as session:
        job = session.get_one(BackgroundJob, asked.id)
    assert job.status == "done", job.error
    assert _sheets(guarded.storage.get(job.file_key or "")) == _sheets(whole)
    assert read[1] < 4 < read[0]


def _sheets(content: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name) for name in book.namelist() if "worksheets" in name}


def _dump(content: bytes) -> list[str]:
    with sqlite3.connect(":memory:") as connection:
        connection.deserialize(content)
        return sorted(connection.iterdump())


def test_what_cannot_be_is_refused() -> None:
    later, earlier = BEGIN + timedelta(days=1), BEGIN
    for wanted in (
        Wanted(format="pdf"),
        Wanted(source="mail"),
        Wanted(format="xes", source="log"),
        Wanted(since=later, until=earlier),
    ):
        with pytest.raises(CannotExport):
            wanted.check()


@pytest.fixture(autouse=True)
def quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """pm4py shows no progress bars."""
    monkeypatch.setenv("TQDM_DISABLE", "1")


def test_questions_of_an_export_come_in_parts(guarded: Desk, log: list[UUID]) -> None:
    """Also those that name a record: else ten million rows would be in memory at once."""
    parts: list[int | None] = []
    with snapshot(guarded.database) as session:

        def seen(asked: ORMExecuteState) -> None:
            parts.append(asked.execution_options.get("yield_per"))

        listen(session, "do_orm_execute", seen)
        assert len(list(source.cases(session, Wanted(format="xes")))) == len(PATHS)
        assert len(list(lines.lines(session, Wanted(), None))) > len(PATHS)
        list(lines.lines(session, Wanted(source="log"), None))
    assert len(parts) > 3
    assert set(parts) == {AT_ONCE}
