"""All scenarios of a folder, run as the page asks: which held, which did not and why, and what nobody tried."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from designer_api.files import queries
from designer_api.runs.neighbours import calendars_of, called_bundles
from engine.errors import DeployRefused
from engine.scenarios import Coverage, Outcome, run_scenarios

MOST = 500  # scenarios of one request


def run(session: Session, engine: Any, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Run them; as designer_api.runs.schemas.ScenarioResults has it. Bad scenario files are answered, not raised."""
    bundle = queries.bundle(session, files, files)
    before = called_bundles(session, bundle)
    calendars = calendars_of(session, engine)
    resources = {p: c for p, c in bundle.items() if not p.endswith(".scenario.yaml")}
    results: list[dict[str, Any]] = []
    whole = Coverage()
    error = None
    for path, content in sorted(bundle.items()):
        if not path.endswith(".scenario.yaml"):
            continue
        try:
            outcomes, coverage = run_scenarios(
                resources | {path: content}, engine.operators, before=before, calendars=calendars
            )
        except DeployRefused as refused:
            error = refused_words(refused)
            break
        except ValueError as unreadable:
            results.append(_unreadable(path, unreadable))
            continue
        results += [shaped(path, outcome) for outcome in outcomes]
        whole.elements |= coverage.elements
        whole.flows |= coverage.flows
        whole.all_elements |= coverage.all_elements
        whole.all_flows |= coverage.all_flows
    return {
        "results": results,
        "coverage": {
            "elements": sorted(whole.elements & whole.all_elements),
            "flows": sorted(whole.flows & whole.all_flows),
            "untouched": whole.untouched,
            "total": len(whole.all_elements) + len(whole.all_flows),
        },
        "error": error,
    }


def shaped(path: str, outcome: Outcome) -> dict[str, Any]:
    """An outcome as programs see it."""
    return {
        "path": path,
        "name": {key: str(value) for key, value in outcome.name.items()},
        "held": outcome.failure is None,
        "failure": outcome.failure,
    }


def _unreadable(path: str, error: ValueError) -> dict[str, Any]:
    name = {"en": "The file cannot be read", "zh": "文件无法读取"}
    return {
        "path": path,
        "name": name,
        "held": False,
        "failure": {"en": str(error), "zh": str(error)},
    }


def refused_words(refused: DeployRefused) -> dict[str, str]:
    """Why it cannot run: the first problem."""
    first = refused.problems[0]
    return {
        "en": f"It cannot run yet. {first.element}: {first.message['en']}",
        "zh": f"暂不能执行。{first.element}：{first.message['zh']}",
    }
