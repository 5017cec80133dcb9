"""BPMN files as no tool of ours writes them, by name: valid XML, and each with something that an editor could lose."""

from pathlib import Path

_WRITTEN = {path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "foreign").iterdir())}
_TEXT = _WRITTEN["by-hand.bpmn"].decode()
_CHINESE = _TEXT.replace("Task", "任务")


def _prefixed(text: str, prefix: str) -> str:
    for end in (":", "di:"):
        text = text.replace(f"b{end}", f"{prefix}{end}").replace(f"xmlns:b{end[:-1]}=", f"xmlns:{prefix}{end[:-1]}=")
    return text


FILES: dict[str, bytes] = _WRITTEN | {
    "same-id-twice.bpmn": _TEXT.replace(
        '<b:endEvent id="e">', '<b:task id="t" name="the same id"/><b:endEvent id="e">'
    ).encode(),
    "dotted-prefix.bpmn": _prefixed(_TEXT, "B-p.2").encode(),
    "utf16.bpmn": _CHINESE.replace("UTF-8", "UTF-16").encode("utf-16"),
    "utf16-without-mark.bpmn": _CHINESE.replace("UTF-8", "UTF-16").encode("utf-16-be"),
    "gb18030.bpmn": _CHINESE.replace("UTF-8", "GB18030").encode("gb18030"),
    "mark-and-crlf.bpmn": b"\xef\xbb\xbf" + _CHINESE.replace("\n", "\r\n").encode(),
    "mixed-line-ends.bpmn": _TEXT.replace(">\n", ">\r\n", 9).replace("><", ">\r<", 3).encode(),
    "after-the-end.bpmn": (_TEXT + "<!-- after --><?end?>\n\n").encode(),
}
