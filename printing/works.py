"""Prints many tickets as one PDF, in the background: in parts, each a child of the press, joined at the end.

A part shares its fonts, so 500 tickets are no 500 copies of a font; parts that are done are kept, so a crash costs one.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zoneinfo import ZoneInfo

from desk.application import Desk
from desk.background.kinds import work
from desk.background.running import Running
from engine.operators import Text
from engine.timestamps import utc_now
from printing.documents import batch_order, log_printed, report_order, tickets
from printing.press import Order, PrintRefused, press
from printing.queries import Layout, layout_by_key

PART = 25  # tickets
AT_ONCE = 2  # parts; the press has as many machines
KIND = "printing.batch"
MOST = 500  # tickets


class LayoutGone(Exception):
    """The layout was removed since the batch was asked for."""


@work(KIND, title=Text("Printing of tickets", "批量打印工单"), permission="ticket.export")
def print_batch(desk: Desk, task: Running) -> None:
    """`parameters`: ids, layout (its key), locale. The result is one PDF."""
    ids = [int(number) for number in task.parameters["ids"]][:MOST]
    locale = str(task.parameters["locale"])
    with desk.reading() as session:
        layout = layout_by_key(session, str(task.parameters["layout"]))
    if layout is None:
        raise LayoutGone(str(task.parameters["layout"]))
    task.progress(0, len(ids), Text("Printing", "正在打印"))
    parts = _report(desk, task, layout, ids, locale)
    parts = parts or _parts(desk, task, layout, ids, locale)
    here = utc_now().astimezone(ZoneInfo(desk.settings.timezone))
    name = f"{layout.name.get(locale[:2]) or layout.key}-{here:%Y%m%d-%H%M}.pdf"
    task.progress(len(ids), len(ids), Text("Joining the pages", "正在合并"))
    _join(parts, task, name)
    with desk.database.transaction() as session:
        log_printed(session, tickets(session, ids), layout, actor=task.actor)


def _report(
    desk: Desk, task: Running, layout: Layout, ids: Sequence[int], locale: str
) -> list[Path]:
    if not layout.kind.many:
        return []
    with desk.reading() as session:
        found = tickets(session, ids)
    order = report_order(desk, found, layout, actor=task.actor, locale=locale)
    return [_keep(task, 0, order)]


def _parts(
    desk: Desk, task: Running, layout: Layout, ids: Sequence[int], locale: str
) -> list[Path]:
    """The files of all parts, in order; a part that an earlier try has made is not made again."""
    groups = [list(ids[start : start + PART]) for start in range(0, len(ids), PART)]

    def make(number: int) -> Path:
        path = _path(task, number)
        if path.exists():
            return path
        with desk.reading() as session:
            found = tickets(session, groups[number])
            order = batch_order(session, desk, found, layout, actor=task.actor, locale=locale)
        return _keep(task, number, order)

    done, made = 0, []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for number, path in enumerate(pool.map(make, range(len(groups)))):
                made.append(path)
                done += len(groups[number])
                task.progress(done, len(ids), Text("Printing", "正在打印"))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return made


def _keep(task: Running, number: int, order: Order) -> Path:
    """Print a part into a file of the task; written aside first, so that a crash leaves the whole part or none."""
    path = _path(task, number)
    if not order.facts:
        raise PrintRefused("fault", Text("These tickets are gone.", "这些工单已不存在。"))
    sheet = press().prints(order)
    aside = path.with_suffix(".new")
    aside.write_bytes(sheet.pdf)
    aside.replace(path)
    return path


def _path(task: Running, number: int) -> Path:
    return task.folder / f"part-{number:04d}.pdf"


def _join(parts: Sequence[Path], task: Running, name: str) -> None:
    from pypdf import PdfReader, PdfWriter  # a tenth of a second that only joining has to wait for

    out = task.file(name, "application/pdf")
    out.truncate(0)
    with PdfWriter() as writer:
        for part in parts:
            writer.append(PdfReader(part))
        writer.write(out)
