"""Run a BPMN execution suite of BETSY's layout: `python -m tests.conformance.bpmn DIR [--only TEXT] [--details]`.

DIR holds cases.json and models/ (diagrams with expected traces), constraints.json and constraints/ (diagrams that
break one rule of the standard each). Every case is judged twice, with one engine and with a fresh one a command;
traces are compared as multisets. Exits with 1 below 90 % of the cases, or when a case was deployed and then ran
otherwise than drawn.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.conformance.bpmn_cases import Case, Room, Verdict, judge
from tests.conformance.bpmn_constraints import Broken, Refusal, judge_constraint

BOUND = 0.9


def cases(folder: Path) -> Iterator[Case]:
    """All cases of a suite."""
    path = folder / "cases.json"
    for entry in json.loads(path.read_text()) if path.exists() else []:
        for case in entry["cases"]:
            yield Case(
                entry["process"], entry["folder"], folder / entry["file"], case["case"],
                case["start"], case["variables"], timedelta(milliseconds=case["delay_ms"]),
                case["expected_trace"],
            )  # fmt: skip


def constraints(folder: Path) -> Iterator[Broken]:
    """All models of a suite that must be refused."""
    path = folder / "constraints.json"
    for entry in json.loads(path.read_text()) if path.exists() else []:
        yield Broken(folder / entry["file"], entry["constraint"], entry["case"])


def combined(case: Case, room: Room) -> Verdict:
    """The worse of the two verdicts."""
    first = judge(case, room, reload=False)
    second = judge(case, room, reload=True)
    return second if first.passed else first


def report_cases(verdicts: list[Verdict], details: bool) -> None:
    """Figures by folder, then what failed."""
    for folder in sorted({v.case.folder for v in verdicts}):
        here = [v for v in verdicts if v.case.folder == folder]
        processes = {v.case.process for v in here}
        wrong = {v.case.process for v in here if not v.passed}
        print(
            f"{folder}: passed {sum(v.passed for v in here)} of {len(here)} cases, "
            f"{len(processes - wrong)} of {len(processes)} processes"
        )
        for verdict in here:
            if not verdict.passed:
                print(f"  failed: {verdict.case.name}{_why(verdict)}")
                if details:
                    for problem in verdict.problems:
                        print(f"    {problem.rule} {problem.element}: {problem.message['en']}")


def _why(verdict: Verdict) -> str:
    if verdict.crash:
        return f": {verdict.crash}"
    got, wanted = sorted(verdict.trace), sorted(verdict.case.expected)
    text = f": got {' '.join(got) or 'nothing'}, expected {' '.join(wanted) or 'nothing'}"
    if verdict.impossible:
        text += f" (no script of the model writes {', '.join(verdict.impossible)})"
    return text


def report_constraints(refusals: list[Refusal], details: bool) -> None:
    """Figures by constraint; every model that was not refused for the right reason by name."""
    print("constraint  refused  other reason  not refused")
    for constraint in sorted({r.broken.constraint for r in refusals}):
        here = Counter(r.outcome for r in refusals if r.broken.constraint == constraint)
        print(f"{constraint:<10}  {here['right']:>7}  {here['other']:>12}  {here['none']:>11}")
    for refusal in refusals:
        if refusal.outcome != "right":
            words = "refused, other reason" if refusal.outcome == "other" else "not refused"
            print(f"  {words}: {refusal.broken.name}")
        if details or refusal.outcome == "other":
            for p in refusal.problems:
                print(f"    {p.rule} {p.element} line {p.line}: {p.message['en']}")


def false_alarms(verdicts: list[Verdict]) -> list[Verdict]:
    """Refused although no case of the file expects an error; one verdict a file."""
    erring = {v.case.file for v in verdicts if v.case.expects_error}
    refused = {
        v.case.file: v for v in verdicts if v.problems and v.case.file not in erring
    }  # fmt: skip
    return list(refused.values())


def main() -> int:
    """Judge, report, and say by the exit status whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=Path)
    parser.add_argument("--only", default="", help="cases and constraints whose name has this text")
    parser.add_argument("--details", action="store_true", help="list the findings of every refusal")
    options = parser.parse_args()
    os.environ.setdefault("SQLITE_SYNCHRONOUS", "OFF")  # databases of a moment
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        verdicts = [combined(c, room) for c in cases(options.dir) if options.only in c.name]
        broken = [b for b in constraints(options.dir) if options.only in b.name]
        refusals = [judge_constraint(b, room) for b in broken]
    if not verdicts and not refusals:
        print(f"no cases in {options.dir}")
        return 1
    report_cases(verdicts, options.details)
    if refusals:
        report_constraints(refusals, options.details)
    alarms = false_alarms(verdicts)
    print(f"false alarms: {len(alarms)}")
    for alarm in alarms:
        rules = sorted({f"{p.rule} {p.element}" for p in alarm.problems})
        print(f"  {alarm.case.folder}/{alarm.case.process}: {', '.join(rules)}")
    passed = sum(v.passed for v in verdicts)
    silent = [v for v in verdicts if v.silently_wrong]
    right = sum(r.outcome == "right" for r in refusals)
    share = passed / len(verdicts) if verdicts else 1.0
    print(
        f"passed {passed} of {len(verdicts)} cases ({share:.1%}), "
        f"constraints refused {right} of {len(refusals)}, silently wrong {len(silent)}"
    )
    return 0 if share >= BOUND and not silent else 1


if __name__ == "__main__":
    sys.exit(main())
