"""Joins `pieces/*.po`, checks that nothing is missing, and compiles what gettext reads.

    python -m desk.translations.build           join, compile; exit code 1 when a text has no Chinese
    python -m desk.translations.build --list    print what is missing as PO entries, to be filled in

English is the message itself. The result is in `zh/LC_MESSAGES/` (not committed): gettext looks for `zh_Hans_CN`, as
Babel calls zh_CN, and then for `zh`.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PIECES = HERE / "pieces"
TARGET = HERE / "zh" / "LC_MESSAGES"

PACKAGES = ("desk", "designer_api", "connectors", "printing", "lanedesk")
KEYWORDS = {
    "_": None,
    "_l": None,
    "_n": (1, 2),
    "_ln": (1, 2),
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}

MessageKey = tuple[str, str | None]  # the (singular) message and its context


class TranslationConflict(Exception):
    """Two pieces translate the same message differently."""


@dataclass(frozen=True)
class Found:
    """A message that the code uses: singular and plural, or one text; and where it stands."""

    id: str | tuple[str, str]
    context: str | None
    place: str

    @property
    def key(self) -> MessageKey:
        """What it is looked up by."""
        return (self.id if isinstance(self.id, str) else self.id[0], self.context)


def extract() -> Iterator[Found]:
    """Every message in our packages' Python and templates."""
    for package in PACKAGES:
        for name, line, messages, _comments, context in extract_from_dir(
            ROOT / package, METHODS, OPTIONS, KEYWORDS
        ):
            place = f"{package}/{name}:{line}"
            if isinstance(messages, tuple):
                yield Found((messages[0], messages[1]), context, place)
            elif messages:
                yield Found(messages, context, place)


def read_pieces(pieces: Path = PIECES) -> Catalog:
    """All pieces as one catalog. Raises TranslationConflict; PoFileError for a piece that cannot be read."""
    joined = Catalog(locale="zh_CN", project="Lanedesk", fuzzy=False)
    came_from: dict[MessageKey, str] = {}
    for path in sorted(pieces.glob("*.po")):
        with path.open("rb") as file:
            piece = read_po(file, locale="zh_CN", abort_invalid=True)
        for message in piece:
            if not message.id or not is_translated(message):
                continue
            known = joined.get(message.id, message.context)
            key = Found(_plain(message.id), message.context, "").key
            if known is not None and known.string != message.string:
                raise TranslationConflict(
                    f"{key[0]!r} is {known.string!r} in {came_from[key]} and {message.string!r} in {path.name}"
                )
            joined.add(message.id, message.string, context=message.context, flags=message.flags)
            came_from[key] = path.name
    return joined


def is_translated(message: Message) -> bool:
    """Whether there is Chinese for it, and nobody marked it as unsure."""
    texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(texts) and all(texts) and "fuzzy" not in message.flags


def missing(catalog: Catalog, found: Iterable[Found]) -> list[Found]:
    """The messages without Chinese, each once."""
    lacking: dict[MessageKey, Found] = {}
    for message in found:
        known = catalog.get(message.id, message.context)
        plural = isinstance(message.id, tuple)
        if known is None or (plural and not isinstance(known.id, tuple | list)):
            lacking.setdefault(message.key, message)
    return list(lacking.values())


def compile_catalog(catalog: Catalog, target: Path = TARGET) -> None:
    """Write `messages.po` and `messages.mo`, each whole or not at all."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("messages.po", "messages.mo"):
        handle, aside = tempfile.mkstemp(dir=target)
        with os.fdopen(handle, "wb") as file:
            if name.endswith(".po"):
                write_po(file, catalog, sort_output=True, no_location=True, width=110)
            else:
                write_mo(file, catalog)
        os.chmod(aside, 0o644)
        os.replace(aside, target / name)


def as_entry(message: Found) -> str:
    """A PO entry to be filled in."""
    lines = [f"# {message.place}"]
    if message.context:
        lines.append(f"msgctxt {_quoted(message.context)}")
    if isinstance(message.id, tuple):
        lines += [
            f"msgid {_quoted(message.id[0])}",
            f"msgid_plural {_quoted(message.id[1])}",
            'msgstr[0] ""',
        ]
    else:
        lines += [f"msgid {_quoted(message.id)}", 'msgstr ""']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _plain(message_id: str | list[str] | tuple[str, ...]) -> str | tuple[str, str]:
    return message_id if isinstance(message_id, str) else (message_id[0], message_id[1])


def main(arguments: list[str]) -> int:
    """The command; see the module's first lines."""
    say = sys.stdout.write
    try:
        catalog = read_pieces()
    except (TranslationConflict, PoFileError) as error:
        say(f"{error}\n")
        return 1
    lacking = missing(catalog, extract())
    if "--list" in arguments:
        say("\n".join(map(as_entry, lacking)))
        return 0
    compile_catalog(catalog)
    for message in lacking:
        say(f"{message.place}: no Chinese for {message.key[0]!r}\n")
    say(f"{len(catalog)} texts in Chinese, {len(lacking)} missing\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
