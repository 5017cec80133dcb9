"""Dry runs and scenarios for the designer and for programs."""

from typing import Any
from uuid import UUID

from designer_api.checking.api import shaped
from designer_api.files import queries
from designer_api.files.contents import NotAFile, bytes_of, kind_of
from designer_api.refusals import missing, not_a_file, refuse
from designer_api.runs import operations, scenarios
from designer_api.runs.operations import RunGone, RunMoved, RunRefused
from designer_api.runs.playing import StepFailed
from designer_api.runs.schemas import (
    RunIn,
    RunSchema,
    ScenarioQuery,
    ScenarioResults,
    ScenariosIn,
    ScenarioText,
    StepIn,
)
from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.web.api import ApiBlueprint
from engine.errors import DeployRefused, UnknownProcess

blueprint = ApiBlueprint("designer_runs", description="Dry runs and scenarios")
RUN = "/designer/runs/<uuid:run_id>"


def contents(files: dict[str, str]) -> dict[str, bytes]:
    """Files as they are in the editor, as bytes. Answers 422 for paths that no file could have."""
    try:
        for path in files:
            kind_of(path)
    except NotAFile as error:
        not_a_file(error)
    return {path: bytes_of(text) for path, text in files.items()}


def deploy_refused(refused: DeployRefused) -> None:
    """422 with the problems."""
    refuse(
        422,
        str(refused),
        problems=shaped(refused.problems),
        words={
            "en": "It cannot run yet: the problems say why.",
            "zh": "暂不能执行，原因见问题列表。",
        },
    )


@blueprint.route("/designer/runs", methods=["POST"])
@requires("process.design")
@blueprint.arguments(RunIn)
@blueprint.response(201, RunSchema)
def begin_run(values: dict[str, Any]) -> Any:
    """Begin a dry run on the real engine, in memory: nothing is sent, nothing is written."""
    desk, actor = current_desk(), current_actor()
    try:
        with desk.reading() as session:
            run = operations.prepared(
                session,
                desk.engine,
                contents(values["files"]),
                values["process"],
                data=values["data"],
                records=values["records"],
                returns=values["operators"],
                stores=values["stores"],
                clock=values["clock"].isoformat() if values["clock"] else None,
                actor=actor,
            )
            played = operations.play(session, desk.engine, run, [])
        try:
            answer = played.as_json()
        finally:
            played.close()
        with desk.database.transaction() as session:
            operations.keep(session, run, actor=actor)
            return answer | {"id": run.run_id, "error": None}
    except RunRefused as refused:
        refuse(422, str(refused), words=refused.words)
    except DeployRefused as refused:
        deploy_refused(refused)
    except UnknownProcess as error:
        refuse(
            422,
            str(error),
            words={
                "en": f"No executable process {values['process']} is in these files.",
                "zh": f"这些文件中没有可执行的流程 {values['process']}。",
            },
        )
    except StepFailed as failed:
        refuse(422, str(failed), words=failed.words)


@blueprint.route(RUN)
@requires("process.design")
@blueprint.response(200, RunSchema)
def get_run(run_id: UUID) -> dict[str, Any]:
    """A run as it stands."""
    desk = current_desk()
    try:
        with desk.reading() as session:
            run = operations.find(session, run_id, current_actor())
            played = operations.play(session, desk.engine, run, run.steps)
    except RunGone as error:
        missing(str(error))
    try:
        return played.as_json() | {"id": run_id, "error": None}
    finally:
        played.close()


@blueprint.route(f"{RUN}/steps", methods=["POST"])
@requires("process.design")
@blueprint.arguments(StepIn)
@blueprint.response(200, RunSchema)
def take_step(values: dict[str, Any], run_id: UUID) -> Any:
    """Let something happen. A step that the diagram cannot take is answered in `error`, and the run stays."""
    desk, actor = current_desk(), current_actor()
    wanted = {key: value for key, value in values.items() if value not in (None, "", {})}
    try:
        with desk.reading() as session:
            run = operations.find(session, run_id, actor)
            before = len(run.steps)
            playing = operations.step(session, desk.engine, run, wanted)
        try:
            answer = playing.play.as_json()
        finally:
            playing.play.close()
        if playing.error is None:
            steps = run.steps[:-1] if wanted["do"] == "undo" else [*run.steps, wanted]
            with desk.database.transaction() as session:
                operations.keep_steps(session, run_id, before, steps, actor)
        return answer | {"id": run_id, "error": playing.error}
    except RunGone as error:
        missing(str(error))
    except RunRefused as refused:
        refuse(422, str(refused), words=refused.words)
    except RunMoved:
        refuse(
            409,
            "the run was moved in another window",
            words={
                "en": "This run was moved in another window. Reload it to see how it stands.",
                "zh": "此试运行已在另一窗口继续，请重新载入。",
            },
        )


@blueprint.route(f"{RUN}/scenario")
@requires("process.design")
@blueprint.arguments(ScenarioQuery, location="query")
@blueprint.response(200, ScenarioText)
def get_scenario(query: dict[str, Any], run_id: UUID) -> dict[str, Any]:
    """The run as a scenario file, to be saved beside the diagram."""
    desk = current_desk()
    try:
        with desk.reading() as session:
            run = operations.find(session, run_id, current_actor())
            named = query["en"] or query["zh"] or run.process
            name = {"zh": query["zh"] or named, "en": named}
            text = operations.scenario(session, desk.engine, run, name)
            folder = queries.folder_of(min(run.files))
    except RunGone as error:
        missing(str(error))
    path = f"{folder}/{run.process}.scenario.yaml" if folder else f"{run.process}.scenario.yaml"
    return {"content": text, "path": path}


@blueprint.route(RUN, methods=["DELETE"])
@requires("process.design")
@blueprint.response(204)
def forget_run(run_id: UUID) -> None:
    """Throw a run away."""
    try:
        with current_desk().database.transaction() as session:
            operations.forget(session, run_id, current_actor())
    except RunGone as error:
        missing(str(error))


@blueprint.route("/designer/scenarios", methods=["POST"])
@requires("process.design")
@blueprint.arguments(ScenariosIn)
@blueprint.response(200, ScenarioResults)
def run_scenarios(values: dict[str, Any]) -> dict[str, Any]:
    """Run all scenarios of a folder, and say what none of them touches."""
    desk = current_desk()
    with desk.reading() as session:
        return scenarios.run(session, desk.engine, contents(values["files"]))
