"""Every BPMN file of a folder through the real designer: `python -m tests.conformance.miwg DIR [--locale en]`.

Each file is opened in Chromium and saved untouched: its bytes must be the same. Then something is moved with the
keyboard and saved: semantics, the layout of all else and vendors' extensions must be equal (compare.py beside this). A
sentence says why it can or cannot be run. The last line is the figure; exit code 1 when a file is missed.
"""

import argparse
import logging
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from designer_api.files.contents import text_of
from tests.conformance.miwg.compare import Difference, compare
from tests.conformance.miwg.designer import Designer, NoChromium, designer, own_browser
from tests.conformance.miwg.hanging import hanging_on

SHOWN = 12  # differences of one file


@dataclass
class Result:
    """How a file fared; `faults` are what was missed."""

    name: str
    faults: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    sentence: str = ""
    moved: str = ""


def main() -> int:
    """Run the pack; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.miwg")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--locale", default="zh_CN", help="zh_CN or en: in which language the designer is used"
    )
    parser.add_argument("--keep", type=Path, help="where to leave what was saved after the move")
    arguments = parser.parse_args()
    files = sorted(arguments.folder.rglob("*.bpmn"))
    if not files:
        print(f"no *.bpmn file in {arguments.folder}")
        return 1
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    results = []
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            own_browser() as browser,
            designer(browser, Path(folder), locale=arguments.locale) as page,
        ):
            for number, path in enumerate(files, 1):
                name = path.relative_to(arguments.folder).as_posix()
                result = examine(page, number, name, path.read_bytes(), arguments.keep)
                results.append(result)
                show(result)
    except NoChromium as error:
        print(error)
        return 1
    passed = sum(1 for result in results if not result.faults)
    for sort in ("semantics", "layout", "foreign"):
        count = sum(1 for r in results for d in r.differences if d.sort == sort)
        print(f"{sort}: {count} differences")
    print(f"{passed}/{len(results)} files kept whole")
    return 0 if passed == len(results) else 1


def examine(page: Designer, number: int, name: str, content: bytes, keep: Path | None) -> Result:
    """One file, opened, saved, moved."""
    result = Result(name)
    page.faults.clear()
    text = text_of(content)
    path = f"miwg/{number}/{Path(name).name}"
    result.sentence = page.sentence(path, text)[1]
    file = page.add(path, content)
    reason = page.open(file)
    if reason is not None:
        result.faults.append(f"was not drawn: {reason}")
        return result
    page.save()
    if page.kept(file) != content:
        result.faults.append("untouched, its bytes are others")
    moved = page.move()
    if moved is None:
        result.faults.append("nothing in it could be moved")
        result.faults += [f"the page: {fault}" for fault in page.faults]
        return result
    result.moved = moved
    after = page.kept(file)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / Path(name).name).write_bytes(after)
    if after == content:
        result.faults.append("the move was not kept")
    result.differences = compare(content, after, hanging_on(content, moved))
    result.faults += [str(one) for one in result.differences]
    result.faults += [f"the page: {fault}" for fault in page.faults]
    return result


def show(result: Result) -> None:
    """A file's line, and what was missed."""
    print(
        f"{'kept' if not result.faults else 'MISSED'}: {result.name} (moved {result.moved or 'nothing'})"
    )
    print(f"    {result.sentence}")
    for fault in result.faults[:SHOWN]:
        print(f"    {fault}")
    if len(result.faults) > SHOWN:
        print(f"    … and {len(result.faults) - SHOWN} more")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
