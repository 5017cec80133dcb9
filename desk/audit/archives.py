"""The archive file: JSON Lines in gzip, which any tool unpacks, and which verifies without the desk.

The file is a row of gzip members (RFC 1952): a first with the head, then blocks of lines, then an index that names
each block's place, rows and SHA-256, and an end of fixed length, stored uncompressed, with the place of the index and
the SHA-256 of all bytes before it. So a changed byte is found anywhere, and the block it is in is known.

Lines of a history archive are `{"chain": …}` for an instance, followed by its rows `{"instance", "seq", …, "hash"}`;
lines of a log archive are entries `{"entry", …, "digest"}`; those of an archive of data stores are values that they
were given `{"store", "revision", …}`.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.audit.findings import Finding
from engine.history import START

LINES: Final = 2000  # of one block
_GZIP: Final = 31  # zlib's window bits for a gzip member
_MEMBER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
_SIGNATURE: Final = 128  # hexadecimal digits of an Ed25519 signature
_BACK: Final = 20_000  # lines: further back no head of an instance is looked for
_FORMAT: Final = {"lanedesk": "archive", "version": 1}


@dataclass
class Content:
    """What an archive holds: the end of each chain, the numbers of entries, how many rows, and what is wrong."""

    head: dict[str, Any] = field(default_factory=dict)
    chains: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    entries: set[int] = field(default_factory=set)
    rows: int = 0
    lines: int = 0  # rows and heads
    findings: list[Finding] = field(default_factory=list)


def write_archive(
    out: IO[bytes],
    head: Mapping[str, Any],
    lines: Iterable[Mapping[str, Any]],
    *,
    key: Ed25519PrivateKey | None = None,
) -> int:
    """Write an archive to `out`, which stands at its start; how many lines it has. `head` says what it is about."""
    writer = _Writer(out)
    writer.block([_json({**_FORMAT, **head})])
    batch: list[bytes] = []
    for line in lines:
        batch.append(_json(line))
        if len(batch) == LINES:
            writer.block(batch)
            batch = []
    if batch:
        writer.block(batch)
    writer.finish(key)
    return writer.lines - 1


class _Writer:
    def __init__(self, out: IO[bytes]) -> None:
        self.out, self.at, self.lines = out, 0, 0
        self.digest = hashlib.sha256()
        self.index: list[dict[str, Any]] = []

    def block(self, lines: list[bytes]) -> None:
        content = _packed(b"".join(line + b"\n" for line in lines))
        self.index.append(
            {"at": self.at, "lines": len(lines), "sha256": hashlib.sha256(content).hexdigest()}
        )
        self.lines += len(lines)
        self._write(content)

    def finish(self, key: Ed25519PrivateKey | None) -> None:
        place = self.at
        self._write(_packed(_json({"index": self.index}) + b"\n"))
        signature = key.sign(self.digest.digest()).hex() if key is not None else ""
        self.out.write(_end(place, self.digest.hexdigest(), signature))

    def _write(self, content: bytes) -> None:
        self.digest.update(content)
        self.out.write(content)
        self.at += len(content)


def read_lines(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """All lines of an archive that is known to be whole, the head first. Raises ValueError, zlib.error."""
    index, _place = _index(stream)
    for number in range(len(index)):
        yield from _lines(_raw(stream, index, number, _place))


def numbered_lines(stream: IO[bytes], after: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Lines behind number `after` of an archive that is known to be whole, counted from 1 without its head.

    A row of a history carries the head of its instance as `of`. Blocks before `after` are unpacked only where the
    instance of the first line is still to be found. Raises ValueError, zlib.error.
    """
    index, place = _index(stream)
    number, head = 0, {}
    for block in range(1, len(index)):
        if number + index[block]["lines"] <= after - _BACK:
            number += index[block]["lines"]
            continue
        for line in _lines(_raw(stream, index, block, place)):
            number += 1
            if "chain" in line:
                head = line
            if number > after:
                yield number, {**line, "of": head} if "event" in line else line


def verify_archive(stream: IO[bytes]) -> Content:
    """Check an archive by itself: every byte, every chain, every digest. `stream` can seek."""
    content = Content()
    try:
        index, place = _index(stream)
    except (ValueError, zlib.error) as error:
        content.findings.append(Finding("altered", "end or index", str(error)))
        return content
    content.lines = sum(block["lines"] for block in index[1:])
    checker = _Checker(content)
    for number, block in enumerate(index):
        raw = _raw(stream, index, number, place)
        if hashlib.sha256(raw).hexdigest() != block["sha256"]:
            rows = f"block {number} (bytes {block['at']} to {block['at'] + len(raw) - 1})"
            content.findings.append(Finding("altered", rows))
            checker.lost()
            continue
        for line in _lines(raw):
            checker.take(line)
    checker.finish()
    if not content.findings and not _whole(stream):
        content.findings.append(Finding("altered", "index or end"))
    return content


class _Checker:
    """Follows the lines of an archive: chains and digests."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.instance: str | None = None
        self.seq, self.last, self.hash, self.end = 0, 0, START, ""

    def take(self, line: dict[str, Any]) -> None:
        if "lanedesk" in line:
            self.content.head = line
        elif "chain" in line:
            self._close()
            self.instance, self.last, self.end = line["chain"], line["seq"], line["hash"]
            self.seq, self.hash = 0, START
        elif "entry" in line:
            self.content.rows += 1
            self._entry(line)
        else:
            self.content.rows += 1
            self._row(line)

    def lost(self) -> None:
        """A block could not be read: the chain at work cannot be followed any more."""
        self.instance = None

    def finish(self) -> None:
        self._close()

    def _row(self, line: dict[str, Any]) -> None:
        if self.instance is None:
            return
        stored = bytes.fromhex(line.pop("hash"))
        body = orjson.dumps(line, option=orjson.OPT_SORT_KEYS)
        follows = line["instance"] == self.instance and line["seq"] == self.seq + 1
        if not follows or hashlib.sha256(self.hash + body).digest() != stored:
            place = f"history {self.instance} row {line['seq']}"
            self.content.findings.append(Finding("altered", place))
        self.seq, self.hash = line["seq"], stored

    def _close(self) -> None:
        if self.instance is None:
            return
        if (self.seq, self.hash.hex()) != (self.last, self.end):
            place = f"history {self.instance} row {self.last}"
            self.content.findings.append(Finding("truncated", place))
        self.content.chains[self.instance] = (self.seq, self.hash)
        self.instance = None

    def _entry(self, line: dict[str, Any]) -> None:
        number, known = line.pop("entry"), line.pop("digest")
        body = orjson.dumps(line, option=orjson.OPT_SORT_KEYS)
        if hashlib.sha256(body).hexdigest() != known:
            self.content.findings.append(Finding("altered", f"log entry {number}"))
        self.content.entries.add(number)


def _json(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value)


def _packed(content: bytes) -> bytes:
    """One gzip member."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return packer.compress(content) + packer.flush()


def _end(place: int, digest: str, signature: str) -> bytes:
    """The last member: stored uncompressed and built by hand, so that its bytes follow from what it says."""
    body = (
        f'{{"index":"{place:015d}","sha256":"{digest}","signature":"{signature:<{_SIGNATURE}}"}}\n'
    ).encode()
    size = struct.pack("<HH", len(body), len(body) ^ 0xFFFF)
    return _MEMBER + b"\x01" + size + body + struct.pack("<II", zlib.crc32(body), len(body))


END_SIZE: Final = len(_end(0, "0" * 64, ""))
_BODY: Final = slice(len(_MEMBER) + 5, -8)


def _read_end(stream: IO[bytes]) -> tuple[int, dict[str, Any]]:
    """Where the end begins, and what it says. Raises ValueError."""
    at = stream.seek(0, 2) - END_SIZE
    if at < 0:
        raise ValueError("too short for an archive")
    stream.seek(at)
    raw = stream.read(END_SIZE)
    try:
        said = orjson.loads(raw[_BODY])
        again = _end(int(said["index"]), said["sha256"], said["signature"].strip())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError("its end cannot be read") from error
    if again != raw:
        raise ValueError("its end was changed")
    return at, said


def _index(stream: IO[bytes]) -> tuple[list[dict[str, Any]], int]:
    """The index, and where it begins. Raises ValueError, zlib.error."""
    end, said = _read_end(stream)
    place = int(said["index"])
    if not 0 < place < end:
        raise ValueError("its end names no index")
    stream.seek(place)
    found = orjson.loads(zlib.decompress(stream.read(end - place), _GZIP))["index"]
    if not _index_whole(found):
        raise ValueError("its index is none")
    return found, place


def _index_whole(index: Any) -> bool:
    return isinstance(index, list) and all(
        isinstance(block, dict) and block.keys() == {"at", "lines", "sha256"} for block in index
    )


def _whole(stream: IO[bytes]) -> bool:
    """Whether all bytes before the end are those that it says."""
    end, said = _read_end(stream)
    stream.seek(0)
    digest, left = hashlib.sha256(), end
    while left:
        chunk = stream.read(min(1 << 20, left))
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest() == said["sha256"]


def signature_of(stream: IO[bytes]) -> tuple[bytes, bytes]:
    """The signature of an archive (empty when it has none) and the digest it signs. Raises ValueError."""
    _end_at, said = _read_end(stream)
    return bytes.fromhex(said["signature"].strip()), bytes.fromhex(said["sha256"])


def _raw(stream: IO[bytes], index: list[dict[str, Any]], number: int, place: int) -> bytes:
    start = index[number]["at"]
    stop = index[number + 1]["at"] if number + 1 < len(index) else place
    stream.seek(start)
    return stream.read(max(0, stop - start))


def _lines(raw: bytes) -> Iterator[dict[str, Any]]:
    for line in zlib.decompress(raw, _GZIP).splitlines():
        yield orjson.loads(line)
