"""What may be a file of the library: its place, its kind, its bytes as text and back, the key and names in it."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from lxml import etree

from engine.bpmn.document import BPMN
from engine.bpmn.extensions import LANEDESK, words_of
from engine.bpmn.reading import read_xml

LARGEST = 10 * 1024 * 1024  # bytes
ETAG_LENGTH = 32  # of the 64 digits of a SHA-256, as deployed files carry it, too
MOST_ELEMENTS = 10_000  # of a diagram; more nobody can read, and browsers hang
KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form", ".scenario.yaml": "scenario"}
_SEGMENT = re.compile(r"[^/\\\x00-\x1f\x7f<>:\"|?*]{1,100}")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECLARATION = re.compile(r"""(^\ufeff?\s*<\?xml[^>]*encoding\s*=\s*)["']([^"']+)["']""")
_DMN = re.compile(r"\{https?://[^}]*DMN[^}]*\}")


class NotAFile(ValueError):
    """Such a file cannot be kept; `words` say why, by language."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = {"en": en, "zh": zh}


@dataclass(frozen=True)
class Described:
    """The key and the names that a file itself says it has; none where it cannot be read."""

    key: str | None
    names: dict[str, str]


def kind_of(path: str) -> str:
    """`bpmn`, `dmn`, `form` or `scenario`. Raises NotAFile."""
    for ending, kind in KINDS.items():
        if path.endswith(ending) and not path.rpartition("/")[2].startswith("."):
            return kind
    endings = ", ".join(KINDS)
    raise NotAFile(f"A file ends with one of {endings}.", f"文件名须以 {endings} 之一结尾。")


def checked_path(path: str) -> str:
    """A place in the library: folders and a name, nothing that climbs or hides. Raises NotAFile."""
    parts = path.split("/")
    fine = len(path) <= 255 and all(
        _SEGMENT.fullmatch(part) and part == part.strip() and not part.startswith(".")
        and not part.endswith(".") for part in parts
    )  # fmt: skip
    if not fine:
        raise NotAFile(
            'A path is made of folders and a name, at most 255 characters, without . .. \\ : * ? " < > |',
            '路径由文件夹和文件名组成，最多 255 个字符，不能包含 . .. \\ : * ? " < > |',
        )
    kind_of(path)
    return path


def checked_size(content: bytes) -> bytes:
    """The bytes, when they are not too many. Raises NotAFile."""
    if len(content) > LARGEST:
        size = LARGEST // 1024 // 1024
        raise NotAFile(
            f"The file is larger than {size} MB; it was not saved.", f"文件超过 {size} MB，未保存。"
        )
    return content


def etag_of(content: bytes) -> str:
    """A tag that two equal contents share."""
    return hashlib.sha256(content).hexdigest()[:ETAG_LENGTH]


def encoding_of(content: bytes) -> str:
    """How the bytes are text: by their byte order mark, by their first character (XML §F.1), by what XML declares,
    else UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content.startswith((b"<\0", b"\0<")) and len(content) % 2 == 0:
        return "utf-16-le" if content.startswith(b"<") else "utf-16-be"
    declared = _DECLARED.match(content[:200])
    name = declared[1].decode() if declared else "utf-8"
    try:
        content.decode(name)
    except (LookupError, UnicodeDecodeError):
        return "latin-1"  # every byte has a character, so nothing is lost until it is edited
    return name


def text_of(content: bytes) -> str:
    """The bytes as text for the editor, byte order mark and line ends included."""
    return content.decode(encoding_of(content))


def bytes_of(text: str) -> bytes:
    """A text from the editor as UTF-8; XML that declared another encoding declares that."""
    declared = _DECLARATION.match(text)
    if declared and declared[2].lower().replace("_", "-") not in ("utf-8", "utf8"):
        text = f'{declared[1]}"UTF-8"{text[declared.end() :]}'
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()


def describe(path: str, content: bytes) -> Described:
    """The key and the names of a file; what cannot be read has none."""
    kind = kind_of(path)
    try:
        if kind in ("bpmn", "dmn"):
            return _of_xml(kind, content)
        if kind == "form":
            form = orjson.loads(content)
            stem = path.rpartition("/")[2].removesuffix(".form")
            title = (
                form.get("title") or form.get("name") or form.get("id")
                if isinstance(form, dict)
                else None
            )
            return Described(stem, {"zh": str(title)} if isinstance(title, str) else {})
    except (etree.XMLSyntaxError, orjson.JSONDecodeError, ValueError):
        return Described(None, {})
    return Described(None, {})


def _of_xml(kind: str, content: bytes) -> Described:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    root = etree.fromstring(content, parser)
    if kind == "bpmn":
        processes = root.findall(f"{{{BPMN}}}process")
        chosen = next((p for p in processes if p.get("isExecutable") == "true"), None)
        if chosen is None:
            chosen = processes[0] if processes else None
        if chosen is None:
            return Described(None, {})
        names = dict(words_of(chosen)) if chosen.get("name") else {}
        if not names:
            participant = next(
                (p for p in root.iter(f"{{{BPMN}}}participant")
                 if (p.get("processRef") or "").rpartition(":")[2] == chosen.get("id")),
                None,
            )  # fmt: skip
            names = (
                dict(words_of(participant))
                if participant is not None and participant.get("name")
                else {}
            )
        return Described(chosen.get("id"), names)
    decision = next(_decisions(root), None)
    if decision is None:
        return Described(None, {})
    title = root.get("name") or decision.get("name")
    return Described(decision.get("id"), {"zh": title} | _translated(decision) if title else {})


def _decisions(root: Any) -> Iterator[Any]:
    return (e for e in root.iter() if isinstance(e.tag, str) and _DMN.sub("", e.tag) == "decision")


def _translated(decision: Any) -> dict[str, str]:
    texts = decision.iterfind(f"{{*}}extensionElements/{{{LANEDESK}}}text")
    return {t.get("lang"): t.get("name") for t in texts if t.get("lang") and t.get("name")}


def words_of_decision(decision: Any) -> dict[str, str]:
    """What an element of a decision file is called, in both languages."""
    name = decision.get("name") or decision.get("id") or ""
    return {"zh": name, "en": name} | _translated(decision)


def words_of_column(column: Any) -> dict[str, str]:
    """How a column of a decision table is headed, in both languages; empty where it has no heading."""
    name = column.get("label") or column.get("name") or ""
    return {"zh": name, "en": name} | _translated(column)


def decision_words(content: bytes) -> dict[str, dict[str, str]]:
    """The names of all decisions of a file that can be read, by their ids."""
    return {e.get("id"): words_of_decision(e) for e in _decisions(read_xml(content))}


def too_large(path: str, content: bytes) -> dict[str, str] | None:
    """Why a file is too large to be drawn, None when it is not. The text of it can still be kept and taken away."""
    if len(content) > LARGEST:
        size = LARGEST // 1024 // 1024
        return {"en": f"The file is larger than {size} MB.", "zh": f"文件超过 {size} MB。"}
    if path.endswith(".bpmn") and content.count(b"<") > MOST_ELEMENTS:
        count = elements(content)
        if count >= MOST_ELEMENTS:
            return {
                "en": f"The diagram has {count} elements; from {MOST_ELEMENTS} on it is not opened for "
                "drawing, because nobody could read it. Split it into processes that call each other.",
                "zh": f"流程图含 {count} 个元素；达到 {MOST_ELEMENTS} 个时不再打开绘制，因为无法阅读。"
                "请拆分为相互调用的多个流程。",
            }
    return None


def elements(content: bytes) -> int:
    """How many elements of BPMN with an id a file has; 0 where it cannot be read. Streams: nothing of it is kept."""
    count = 0
    try:
        walk = etree.iterparse(
            _Stream(content),
            events=("end",),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
        )
        for _, element in walk:
            if element.tag.startswith(f"{{{BPMN}}}") and element.get("id"):
                count += 1
            element.clear()
    except (etree.XMLSyntaxError, AttributeError):
        return count
    return count


class _Stream:
    """Bytes as iterparse wants them."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def read(self, size: int) -> bytes:
        piece = self.content[self.at : self.at + size]
        self.at += len(piece)
        return piece
