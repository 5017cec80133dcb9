"""The runner of BPMN suites judges as it says: a right trace passes, a wrong one is told, a broken model is refused."""

import json
import sys
from pathlib import Path

import pytest

from tests.conformance import bpmn
from tests.conformance.bpmn_models import feel, load

MODEL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
<process id="P" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>
<scriptTask id="a"><script>SCRIPT_task1</script></scriptTask>
<sequenceFlow id="f" sourceRef="s" targetRef="a"/><sequenceFlow id="g" sourceRef="a" targetRef="e"/>
</process></definitions>"""


def suite(folder: Path, expected: list[str]) -> Path:
    """A suite of one case and one broken model."""
    (folder / "ok.bpmn").write_text(MODEL)
    (folder / "bad.bpmn").write_text(MODEL.replace('<endEvent id="e"/>', '<startEvent id="e"/>'))
    case = {"case": 1, "start": ["P"], "variables": {}, "delay_ms": 0, "expected_trace": expected}
    entry = {"process": "P", "folder": "x", "file": "ok.bpmn", "cases": [case]}
    (folder / "cases.json").write_text(json.dumps([entry]))
    broken = [{"file": "bad.bpmn", "constraint": "EXT105", "case": "no end"}]
    (folder / "constraints.json").write_text(json.dumps(broken))
    return folder


@pytest.mark.parametrize(
    ("expected", "status", "figure"),
    [
        (["SCRIPT_task1"], 0, "passed 1 of 1 cases (100.0%), constraints refused 1 of 1, silently wrong 0"),
        ([], 1, "passed 0 of 1 cases (0.0%), constraints refused 1 of 1, silently wrong 1"),
        (["SCRIPT_task2"], 1, "passed 0 of 1 cases (0.0%), constraints refused 1 of 1, silently wrong 0"),
    ],
)  # fmt: skip
def test_the_last_line_is_the_figure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    expected: list[str],
    status: int,
    figure: str,
) -> None:
    monkeypatch.setenv("SQLITE_SYNCHRONOUS", "OFF")  # as the runner would, for good
    monkeypatch.setattr(sys, "argv", ["bpmn", str(suite(tmp_path, expected))])
    assert bpmn.main() == status
    assert capsys.readouterr().out.splitlines()[-1] == figure


def test_what_the_model_says_on_disk_is_left_alone(tmp_path: Path) -> None:
    content = MODEL.encode()
    assert b"suite.note" in load(content)
    assert b"SCRIPT_task1</script>" in content


@pytest.mark.parametrize(
    ("java", "expected"),
    [
        ('test.contains("a")', 'contains(test, "a")'),
        ('!test.contains("a")', 'not(contains(test, "a"))'),
        ("${integerVariable}", "integerVariable"),
        ("integerVariable<3", "integerVariable<3"),
    ],
)
def test_conditions_become_feel(java: str, expected: str) -> None:
    assert feel(java) == expected
