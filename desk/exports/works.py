"""Exports as background work."""

from desk.application import Desk
from desk.audit.snapshot import snapshot
from desk.background.kinds import work
from desk.background.running import Running
from desk.exports.source import count
from desk.exports.wanted import FORMATS, Wanted
from desk.exports.writers import write
from engine.operators import Text
from engine.timestamps import utc_now

EXPORT = "export.history"


@work(EXPORT, title=Text("Export of the history", "导出历史记录"), permission="history.export")
def export(desk: Desk, task: Running) -> None:
    """Write the file; a try after a crash goes on where the last one kept its place."""
    wanted = Wanted.from_json(task.parameters)
    form = FORMATS[wanted.format]
    name = f"{wanted.source}-{utc_now():%Y%m%d-%H%M}.{form.suffix}"
    with snapshot(desk.database) as session:
        task.progress(
            task.state.get("done", 0),
            count(session, wanted, mining=form.mining),
            Text("Writing", "正在写入"),
        )
        task.result["rows"] = write(task, session, wanted, name)
