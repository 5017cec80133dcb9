"""The diagrams that ship keep to their scenarios, and no element or flow of theirs goes untried."""

from pathlib import Path

import pytest

from engine.scenarios import run_scenarios
from lanedesk.build import all_operators

LIBRARY = Path(__file__).parent.parent / "bpmn_library"
FOLDERS = sorted({path.parent for path in LIBRARY.rglob("*.bpmn")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: str(f.relative_to(LIBRARY)))
def test_scenarios_hold_and_cover_everything(folder: Path) -> None:
    resources = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    outcomes, coverage = run_scenarios(resources, all_operators())
    assert outcomes
    assert [f"{o.name['en']}: {o.failure['en']}" for o in outcomes if o.failure] == []
    assert coverage.untouched == []
