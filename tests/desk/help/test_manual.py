"""What the documents promise about themselves: two languages, whole links, and names that the product knows."""

import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest
from click import Command, Group, Option

from desk.help.manual import DOCS, TWIN, anchor, pages
from desk.settings import Settings
from desk.translations.build import read_pieces
from lanedesk.cli import commands

ROOT = DOCS.parent
README = ROOT / "README.md"
TWINS = [README, *sorted(pages().values())]
ALL = [*sorted(ROOT.glob("README*.md")), *sorted(DOCS.rglob("*.md"))]
NOT_OURS = {"LANEDESK_TEST_DATABASE"}  # variables of the tests, not settings

_FENCES = re.compile(r"^```.*?^```$", re.M | re.S)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\[[^\[\]\n]+\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^(#+) (.*)$", re.M)
_OWN_LINE = re.compile(r"(#+ |\||[-*] |\d+\. |<!--|\[(中文|English)\]\()")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def twin_of(page: Path) -> Path:
    return page.with_name(page.stem + TWIN)


def prose(page: Path) -> str:
    """The page without what stands between fences."""
    return _FENCES.sub("", page.read_text("utf-8"))


def headings(page: Path) -> list[tuple[str, str]]:
    """The marks and the words of every heading."""
    return _HEADING.findall(prose(page))


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of every `lanedesk …` in code."""
    for code in re.findall(r"`([^`\n]+)`", text) + re.findall(r"```\n(.*?)```", text, re.S):
        for line in code.splitlines():
            found = re.match(r"(?:\S*/)?lanedesk ([^#=|`(]+)", line.strip())
            if found:
                yield found[1].split()


def test_there_are_pages() -> None:
    assert {"", "start", "settings", "tickets", "lint", "lint/loop", "events", "functions"} <= set(
        pages()
    )


@pytest.mark.parametrize("page", TWINS, ids=named)
def test_a_page_and_its_twin_say_the_same_under_as_many_headings(page: Path) -> None:
    twin = twin_of(page)
    assert twin.is_file(), f"{named(page)} has no Chinese twin"
    assert [marks for marks, _words in headings(page)] == [
        marks for marks, _words in headings(twin)
    ]
    assert page.read_text("utf-8").count("```") == twin.read_text("utf-8").count("```")
    assert f"[中文]({twin.name})" in page.read_text("utf-8")
    assert f"[English]({page.name})" in twin.read_text("utf-8")


def test_no_twin_stands_alone() -> None:
    alone = [
        named(p)
        for p in ALL
        if p.name.endswith(TWIN) and not p.with_name(p.name.removesuffix(TWIN) + ".md").is_file()
    ]
    assert alone == []


@pytest.mark.parametrize("page", ALL, ids=named)
def test_links_lead_to_what_is_there(page: Path) -> None:
    for target in _LINK.findall(_CODE.sub("", prose(page))):
        path, _, part = target.partition("#")
        if "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} leads nowhere"
        if part:
            assert part in {anchor(words) for _marks, words in headings(file)}, (
                f"no heading {target}"
            )
        if (
            page.name.endswith(TWIN)
            and file.suffix == ".md"
            and twin_of(file).is_file()
            and not file.name.endswith(TWIN)
        ):
            assert target == page.name.removesuffix(TWIN) + ".md", f"{target} has a Chinese twin"


def test_a_paragraph_is_one_line_as_the_desk_shows_it() -> None:
    broken = [
        f"{named(page)}: {line}"
        for english in pages().values()
        for page in (english, twin_of(english))
        for before, line in pairwise(prose(page).split("\n"))
        if before and line and not _OWN_LINE.match(before) and not _OWN_LINE.match(line)
    ]
    assert broken == []


def test_settings_that_are_named_exist() -> None:
    known = {field.metadata["variable"] for field in fields(Settings)} | NOT_OURS
    named_ones = {
        (named(page), variable)
        for page in ALL
        for variable in re.findall(r"\bLANEDESK_[A-Z_]+\b", page.read_text("utf-8"))
    }
    assert {(page, variable) for page, variable in named_ones if variable not in known} == set()


def test_commands_that_are_named_exist() -> None:
    told = [(named(page), words) for page in ALL for words in commands_in(page.read_text("utf-8"))]
    assert len(told) > 60
    assert [(page, wrong) for page, words in told for wrong in unknown(words)] == []


def test_places_are_called_as_their_screens_are() -> None:
    """`*Settings → Teams*` and “设置 → 团队”: every part stands on a button, a tab or in a menu, in that language."""
    labels = words_of_the_screens()
    assert len(labels["en"]) > 1000
    unlabelled = [
        f"{named(page)}: {part}"
        for english in pages().values()
        for page, language, quoted in (
            (english, "en", r"\*([^*\n]+ → [^*\n]+)\*"),
            (twin_of(english), "zh", r"“([^“”\n]+ → [^“”\n]+)”"),
        )
        for path in re.findall(quoted, _CODE.sub("", prose(page)))
        for part in path.split(" → ")
        if part not in labels[language]
    ]
    assert unlabelled == []


def test_chinese_is_never_slanted() -> None:
    slanted = {
        named(twin_of(page)): found
        for page in TWINS
        if (
            found := re.findall(
                r"(?<!\*)\*[^*\s][^*\n|]*\*(?!\*)", _CODE.sub("", prose(twin_of(page)))
            )
        )
    }
    assert slanted == {}


def words_of_the_screens() -> dict[str, set[str]]:
    """What the desk's pages and the designer say, by language."""
    said: dict[str, set[str]] = {"en": set(), "zh": set()}
    for message in read_pieces():
        if isinstance(message.id, str) and isinstance(message.string, str):
            said["en"].add(message.id)
            said["zh"].add(message.string)
    designer = (ROOT / "frontend" / "designer" / "zh.js").read_text("utf-8")
    for quoted, bare, chinese in re.findall(r'(?:"([^"]+)"|\b(\w+)): "([^"]+)"', designer):
        said["en"].add(quoted or bare)
        said["zh"].add(chinese)
    return said


def unknown(words: list[str]) -> Iterator[str]:
    """What of a call `lanedesk …` the command does not know: a command, or options."""
    command: Command = commands
    words = [word.strip("[]") for word in words]
    while isinstance(command, Group) and words and words[0] != "%i":
        if words[0] not in command.commands:
            yield words[0]
            return
        command = command.commands[words.pop(0)]
    options = {
        name
        for option in command.params
        if isinstance(option, Option)
        for name in (*option.opts, *option.secondary_opts)
    }
    yield from {word for word in words if word.startswith("--")} - options
