"""What a verification found wrong, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.operators import Text

KINDS: Final = {
    "altered": Text("was altered", "被修改"),
    "missing": Text("is missing", "缺失"),
    "truncated": Text("is missing at the end", "末尾缺失"),
    "inserted": Text("was not written by the desk", "并非由系统写入"),
    "rewritten": Text("does not agree with a root", "与根哈希不一致"),
    "signature": Text("is not signed with the key", "签名与密钥不符"),
}


@dataclass(frozen=True)
class Finding:
    """One fault. `place` names it so that it can be looked up: `history <instance> row 5`, `log entry 17` …"""

    kind: str  # a key of KINDS
    place: str
    detail: str = ""

    def words(self, locale: str = "en") -> str:
        """In one line."""
        tail = f" ({self.detail})" if self.detail else ""
        return f"{self.place} {KINDS[self.kind].in_(locale)}{tail}"


@dataclass(frozen=True)
class Report:
    """What was looked at, how long it took in seconds, and what is wrong."""

    rows: int
    entries: int
    archives: int
    roots: int
    waiting: int
    seconds: float
    findings: Sequence[Finding]

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not self.findings
