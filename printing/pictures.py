"""Pictures of forms and messages that a layout may show: as `desk:` addresses, bounded in number and size."""

from collections.abc import Mapping
from typing import Any, Final

from desk.storage import FileMissing, Storage, sniff

TYPES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
MOST: Final = 24  # of one ticket
LARGEST: Final = 12 * 1024 * 1024  # bytes of one
TOGETHER: Final = 48 * 1024 * 1024  # bytes of all in one order
HEAD: Final = 4096  # bytes that tell what a file is


class Pictures:
    """Those of one ticket; `files` collects them for the order, under the address without its scheme."""

    def __init__(self, storage: Storage, files: dict[str, bytes]) -> None:
        self.storage, self.files, self.left = storage, files, MOST

    def of(self, value: Any) -> list[dict[str, str]]:
        """The pictures among the files of an answer, [{name, address}]."""
        entries = value if isinstance(value, list) else [value]
        return [
            {"name": str(entry.get("name", "")), "address": address}
            for entry in entries
            if isinstance(entry, Mapping) and (address := self.address(entry.get("key")))
        ]

    def address(self, key: Any) -> str:
        """Where a layout finds the kept file; empty for what is no picture, is gone, or is more than fits."""
        if not isinstance(key, str) or not self.left:
            return ""
        if key not in self.files:
            content = self._content(key)
            if not content:
                return ""
            self.files[key] = content
        self.left -= 1
        return f"desk:{key}"

    def _content(self, key: str) -> bytes:
        room = min(LARGEST, TOGETHER - sum(map(len, self.files.values())))
        try:
            with self.storage.open(key) as file:
                head = file.read(HEAD)
                if sniff(head) not in TYPES:
                    return b""
                content = head + file.read(max(0, room - len(head)) + 1)
        except (FileMissing, ValueError):
            return b""  # deleted meanwhile: the document is printed without it
        return content if len(content) <= room else b""
