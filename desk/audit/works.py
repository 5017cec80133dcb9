"""Background work of the audit: archives by the rules, and a verification of everything."""

from desk.application import Desk
from desk.audit import retention
from desk.audit.sealing import seal_new
from desk.audit.verify import verify
from desk.background.kinds import work
from desk.background.running import Running
from engine.incidents import open_incident
from engine.operators import Text
from engine.timestamps import utc_now

ARCHIVE = "audit.archive"
VERIFY = "audit.verify"
SUMMARY = Text(
    "%d rows of history, %d entries of the log, %d archives, %d roots: %d faults",
    "历史 %d 行，日志 %d 条，归档 %d 个，根哈希 %d 个：发现 %d 处问题",
)
NOTHING = Text("nothing is wrong", "未发现问题")


@work(ARCHIVE, title=Text("Archiving old history", "归档历史记录"), permission="history.export")
def archive(desk: Desk, task: Running) -> None:
    """Archive and prune what is due; what was put away before a crash stays so."""
    done = retention.archive_due(
        desk.database, desk.storage, desk.settings, now=utc_now(), actor=task.actor,
        progress=task.progress,
    )  # fmt: skip
    task.result |= {"archives": done.archives, "chains": done.chains, "rows": done.rows}


@work(VERIFY, title=Text("Verifying the history", "校验历史记录"), permission="history.export")
def check(desk: Desk, task: Running) -> None:
    """Verify everything; the file says what is wrong, one a line, and what was looked at."""
    seal_new(desk.database)
    report = verify(desk.database, desk.storage)
    locale = "zh" if desk.settings.locale.startswith("zh") else "en"
    out = task.file(f"verification-{utc_now():%Y%m%d-%H%M}.txt", "text/plain; charset=utf-8")
    lines = [finding.words(locale) for finding in report.findings] or [NOTHING.in_(locale)]
    summary = SUMMARY.in_(locale) % (
        report.rows, report.entries, report.archives, report.roots, len(report.findings)
    )  # fmt: skip
    out.write(("\n".join([summary, "", *lines]) + "\n").encode())
    out.truncate()
    task.result |= {"faults": len(report.findings), "rows": report.rows}
    if report.findings:
        with desk.database.transaction() as session:
            open_incident(session, "audit", f"{summary}: {report.findings[0].words(locale)}")
