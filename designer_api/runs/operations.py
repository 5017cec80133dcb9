"""Dry runs: begun, moved step by step, kept as a scenario.

A run is the list of its steps. Each request plays them again on a new engine in memory, so any web process can answer,
and a step that fails leaves the run as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import yaml
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from designer_api.files import queries
from designer_api.files.contents import bytes_of
from designer_api.runs.models import DryRun
from designer_api.runs.neighbours import calendars_of, called_bundles
from designer_api.runs.playing import Play, StepFailed, expectations
from engine.actors import Actor
from engine.history import plain
from engine.sandbox import Sandbox
from engine.scenarios import read_scenarios
from engine.timestamps import utc_now

RUNS_EACH = 20  # of one person; the one used longest ago goes
KEPT = timedelta(hours=12)  # since it was used last
MOST_STEPS = 200
LARGEST = 2 * 1024 * 1024  # bytes of the files of one run


class RunGone(LookupError):
    """There is no such run, it is somebody else's, or it was not used for too long."""


class RunRefused(Exception):
    """The run cannot go on; `words` say why."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = {"en": en, "zh": zh}


class RunMoved(Exception):
    """Another window has moved the run meanwhile."""


@dataclass
class Playing:
    """A run that was played up to where it stands. `error` are words about the step that failed, None if none did."""

    id: UUID
    play: Play
    error: dict[str, str] | None = None


def prepared(
    session: Session,
    engine: Any,
    files: Mapping[str, bytes],
    process: str,
    *,
    data: Mapping[str, Any],
    records: Mapping[str, Any] | None,
    returns: Mapping[str, Any] | None,
    stores: Mapping[str, Any] | None,
    clock: str | None,
    actor: Actor,
) -> DryRun:
    """A new run, neither played nor written down. Raises RunRefused."""
    bundle = queries.bundle(session, files, files)
    if sum(len(content) for content in bundle.values()) > LARGEST:
        size = LARGEST // 1024 // 1024
        raise RunRefused(f"The files are larger than {size} MB.", f"文件超过 {size} MB。")
    known = _setting_of_scenarios(bundle)
    return DryRun(
        run_id=uuid4(),
        user_id=actor.id,
        process=process,
        files={
            path: content.decode("utf-8", "replace")
            for path, content in bundle.items()
            if not path.endswith(".scenario.yaml")
        },
        setting={
            "data": plain(data),
            "records": plain(known.get("records", {}) if records is None else records),
            "operators": plain(known.get("operators", {}) if returns is None else returns),
            "stores": plain((known.get("stores") or {}) if stores is None else stores),
            "begin": clock or engine.here().replace(second=0, microsecond=0).isoformat(),
            "zone": str(engine.zone),
        },
        steps=[],
    )


def keep(session: Session, run: DryRun, *, actor: Actor) -> None:
    """Write a new run down. The person's runs that were not used for long go."""
    session.add(run)
    session.flush()
    _forget_old(session, actor)


def find(session: Session, run_id: UUID, actor: Actor) -> DryRun:
    """One's own run. Raises RunGone."""
    run = session.scalar(
        select(DryRun).where(
            DryRun.run_id == run_id,
            DryRun.user_id == actor.id,
            DryRun.updated_at > utc_now() - KEPT,
        )
    )
    if run is None:
        raise RunGone("there is no such run; it may not have been used for too long")
    return run


def play(session: Session, engine: Any, run: DryRun, steps: list[dict[str, Any]]) -> Play:
    """Play a run from its beginning. Raises DeployRefused, StepFailed with the number of the step."""
    bundle = {path: bytes_of(text) for path, text in run.files.items()}
    setting = run.setting
    sandbox = Sandbox(
        bundle,
        engine.operators,
        before=called_bundles(session, bundle),
        records=setting["records"],
        returns=setting["operators"],
        begin=_moment(setting["begin"], engine),
        zone=setting["zone"],
        calendars=calendars_of(session, engine),
    )
    played = Play(sandbox, run.process, setting["data"], setting["stores"])
    try:
        played.begin()
        for step in steps:
            played.do(step)
    except StepFailed:
        played.close()
        raise
    return played


def step(session: Session, engine: Any, run: DryRun, wanted: dict[str, Any]) -> Playing:
    """Play a run with one step more, or with one less for `undo`. A step that fails changes nothing.

    Raises RunRefused for too many steps.
    """
    steps = list(run.steps)
    if wanted["do"] == "undo":
        return Playing(run.run_id, play(session, engine, run, steps[:-1]))
    if len(steps) >= MOST_STEPS:
        raise RunRefused(
            f"A run has at most {MOST_STEPS} steps.", f"一次试运行最多 {MOST_STEPS} 步。"
        )
    try:
        return Playing(run.run_id, play(session, engine, run, [*steps, wanted]))
    except StepFailed as failed:
        return Playing(run.run_id, play(session, engine, run, steps), failed.words)


def keep_steps(
    session: Session, run_id: UUID, before: int, steps: list[dict[str, Any]], actor: Actor
) -> None:
    """Write down how far a run has come, if it still stood after `before` steps. Raises RunGone, RunMoved."""
    run = find(session, run_id, actor)
    session.refresh(run, with_for_update=True)
    if len(run.steps) != before:
        raise RunMoved
    run.steps = steps
    run.updated_at = utc_now()


def scenario(session: Session, engine: Any, run: DryRun, name: Mapping[str, str]) -> str:
    """The run as a scenario file: each step with where tokens then stood, what was called, what was set."""
    setting = run.setting
    steps = []
    bundle_run = DryRun(
        run_id=run.run_id, process=run.process, files=run.files, setting=setting, steps=[]
    )
    played = play(session, engine, bundle_run, [])
    try:
        if played.started_by is not None:
            steps.append(played.started_by | expectations(played))
        for one in run.steps:
            told = played.do(one)
            steps.append(told | expectations(played))
    finally:
        played.close()
    document: dict[str, Any] = {"name": {"zh": name["zh"], "en": name["en"]}}
    document["begin"] = setting["begin"]
    document["zone"] = setting["zone"]
    if setting["records"]:
        document["records"] = setting["records"]
    if setting["stores"]:
        document["stores"] = setting["stores"]
    returned = {call for one in run.steps for call in one.get("results", {})}
    returns = {
        n: v for n, v in (setting["operators"] | _results(run.steps)).items() if v or n in returned
    }
    if returns:
        document["operators"] = returns
    document["steps"] = steps
    text: str = yaml.safe_dump([document], allow_unicode=True, sort_keys=False, width=120)
    return text


def forget(session: Session, run_id: UUID, actor: Actor) -> None:
    """Throw a run away. Raises RunGone."""
    session.delete(find(session, run_id, actor))


def _results(steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for one in steps for name, value in one.get("results", {}).items()}


def _setting_of_scenarios(bundle: Mapping[str, bytes]) -> dict[str, Any]:
    """What the first scenario of the folder says records are, operators return and data stores hold."""
    for path, content in sorted(bundle.items()):
        if path.endswith(".scenario.yaml"):
            try:
                scenarios = read_scenarios(content)
            except ValueError:
                continue  # the problems list says what is wrong with it
            if scenarios:
                return scenarios[0]
    return {}


def _moment(text: str, engine: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=engine.zone)


def _forget_old(session: Session, actor: Actor) -> None:
    session.execute(delete(DryRun).where(DryRun.updated_at <= utc_now() - KEPT))
    own = session.scalars(
        select(DryRun.id)
        .where(DryRun.user_id == actor.id)
        .order_by(DryRun.updated_at.desc(), DryRun.id.desc())
        .offset(RUNS_EACH)
    ).all()
    if own:
        session.execute(delete(DryRun).where(DryRun.id.in_(own)))
