"""`lanedesk test`: runs the scenarios beside diagrams and says what went otherwise and what nobody tried."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.errors import DeployRefused
from engine.scenarios import run_scenarios
from lanedesk.build import all_operators
from lanedesk.deploying import LIBRARY


def test_paths(paths: Sequence[Path]) -> int:
    """Test every folder with diagrams below `paths`; 0 when all scenarios held and touched everything, else 1."""
    operators = all_operators()
    failed = passed = 0
    for folder in _folders(paths or [LIBRARY]):
        resources = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
        try:
            outcomes, coverage = run_scenarios(resources, operators)
        except (DeployRefused, ValueError) as error:
            print(f"{folder}: {error}")
            failed += 1
            continue
        for outcome in outcomes:
            mark = "failed" if outcome.failure else "held"
            print(f"{folder.name}: {mark}: {outcome.name.get('zh')} / {outcome.name.get('en')}")
            if outcome.failure:
                print(f"    {outcome.failure['zh']} / {outcome.failure['en']}")
        failed += sum(1 for outcome in outcomes if outcome.failure)
        passed += sum(1 for outcome in outcomes if not outcome.failure)
        if coverage.untouched:
            failed += 1
            print(f"{folder.name}: no scenario touches {', '.join(coverage.untouched)}")
    print(f"{passed} scenarios held, {failed} problems")
    return 1 if failed else 0


def _folders(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted({file.parent for file in path.rglob("*.bpmn")})
