"""The runner of the DMN compatibility kit, on a kit of three cases."""

from pathlib import Path

import pytest

from tests.conformance import dmn as runner
from tests.engine.dmn.models import decision, definitions, input_data, literal, needs

CASES = """
<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>m.dmn</modelName>
  <testCase id="sum"><inputNode name="n"><value xsi:type="xsd:decimal">2</value></inputNode>
    <resultNode name="sum" type="decision"><expected><value xsi:type="xsd:decimal">{sum}</value></expected>
    </resultNode></testCase>
  <testCase id="pair"><resultNode name="pair"><expected>
      <component name="a"><list><item><value xsi:type="xsd:string">x</value></item></list></component>
      <component name="b"><value xsi:nil="true"/></component></expected></resultNode></testCase>
  <testCase id="wrong"><resultNode name="wrong" errorResult="true">
      <expected><value xsi:nil="true"/></expected></resultNode></testCase>
</testCases>"""


def kit(root: Path, total: str) -> Path:
    folder = root / "compliance-level-2" / "0001-small"
    folder.mkdir(parents=True)
    model = (
        input_data("n", "number")
        + decision("sum", literal("n + 1"), needs("n", kind="Input"))
        + decision("pair", literal('{a: ["x"], b: null}'))
        + decision("wrong", literal('1 + "a"'))
    )
    (folder / "m.dmn").write_bytes(definitions(model))
    (folder / "m-test-01.xml").write_text(CASES.replace("{sum}", total), encoding="utf-8")
    return root


@pytest.mark.parametrize(("total", "passed", "code"), [("3.000000001", 3, 0), ("4", 2, 1)])
def test_the_runner_counts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    total: str,
    passed: int,
    code: int,
) -> None:
    table = tmp_path / "results.csv"
    arguments = ["dmn", str(kit(tmp_path, total)), "--csv", str(table)]
    monkeypatch.setattr("sys.argv", arguments)
    assert runner.main() == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"passed {passed} of 3"
    assert "crashes: 0; null without diagnostic: 0" in lines
    rows = table.read_text(encoding="utf-8").splitlines()
    verdict = "SUCCESS" if code == 0 else "ERROR"
    assert rows[0].startswith(f'"compliance-level-2/0001-small","m-test-01","sum","{verdict}"')


def test_a_model_that_does_not_load_fails_its_cases(tmp_path: Path) -> None:
    root = kit(tmp_path, "3")
    (root / "compliance-level-2/0001-small/m.dmn").write_bytes(b"<definitions")
    outcomes = list(runner.run(root))
    assert [one.passed for one in outcomes] == [False, False, False]
    assert all(one.crashed for one in outcomes)
