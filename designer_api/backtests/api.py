"""Backtests for the designer and for programs: asked for here, done by a worker."""

from typing import Any
from uuid import UUID

from designer_api.backtests.schemas import BacktestIn, BacktestSchema
from designer_api.backtests.works import KIND
from designer_api.files import queries
from designer_api.refusals import missing, refuse
from designer_api.runs.api import contents
from designer_api.runs.operations import LARGEST
from desk.application import current_desk
from desk.background import operations as background
from desk.background.pages import own_job
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint
from engine.operators import Text

BROKEN = {
    "en": "The replay ended with an error; an incident was opened.",
    "zh": "重放出错中止，已产生异常。",
}

blueprint = ApiBlueprint("designer_backtests", description="What would have come out differently")


@blueprint.route("/designer/backtests", methods=["POST"])
@requires("process.design")
@blueprint.arguments(BacktestIn)
@blueprint.response(202, BacktestSchema)
def begin_backtest(values: dict[str, Any]) -> dict[str, Any]:
    """Have a worker replay the last days against these files; look at the progress under the id that is answered."""
    if bool(values["process"]) == bool(values["decision"]):
        refuse(
            422,
            "name either a process or a decision",
            words={
                "en": "Name either a process or a decision.",
                "zh": "请指定流程或决策其中之一。",
            },
        )
    given = contents(values["files"])
    with current_desk().database.transaction() as session:
        bundle = queries.bundle(session, given, given)
        if sum(len(content) for content in bundle.values()) > LARGEST:
            size = LARGEST // 1024 // 1024
            refuse(
                422,
                f"the files are larger than {size} MB",
                words={
                    "en": f"The files are larger than {size} MB.",
                    "zh": f"文件超过 {size} MB。",
                },
            )
        what = values["process"] or values["decision"]
        parameters = {
            "files": {path: content.decode("utf-8", "replace") for path, content in bundle.items()},
            "process": values["process"],
            "decision": values["decision"],
            "days": values["days"],
            "limit": values["limit"],
            "note": values["note"],
        }
        job_id = background.submit(
            session,
            KIND,
            parameters,
            actor=current_actor(),
            name=Text(f"Backtest of {what}", f"{what} 回测"),
        )
    return _shaped(job_id)


@blueprint.route("/designer/backtests/<uuid:backtest_id>")
@requires("process.design")
@blueprint.response(200, BacktestSchema)
def get_backtest(backtest_id: UUID) -> dict[str, Any]:
    """How far one's own backtest is, and what came out."""
    return _shaped(backtest_id)


@blueprint.route("/designer/backtests/<uuid:backtest_id>", methods=["DELETE"])
@requires("process.design")
@blueprint.response(204)
def stop_backtest(backtest_id: UUID) -> None:
    """Stop one's own backtest."""
    job = own_job(backtest_id)
    with current_desk().database.transaction() as session:
        background.cancel(session, session.merge(job, load=True))


def _shaped(job_id: UUID) -> dict[str, Any]:
    job = own_job(job_id)
    if job.kind != KIND:
        missing("there is no such backtest")
    refused = job.result.get("refused")
    return {
        "id": str(job.id),
        "status": "failed" if refused else job.status,
        "done": job.done,
        "total": job.total,
        "error": refused or (BROKEN if job.error else None),
        "result": job.result if job.status == "done" and not refused else None,
    }
