"""The alterations. Each is done to a victim and says which places a finding must name: any of them will do."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update

from desk.audit.archives import END_SIZE
from desk.audit.chain import START, packed, seal_hash, unpacked
from desk.audit.findings import Finding
from desk.audit.models import AuditEntry, Leaf, Root, Seal
from desk.audit.operations import record
from desk.audit.sealing import seal_new
from engine.history import chain
from engine.tables import history, process_instance
from engine.timestamps import utc_now
from tests.audit_attack.victim import PEOPLE, Victim


@dataclass(frozen=True)
class Place:
    """Where a finding must be: a thing, and rows of it if it has rows."""

    thing: str
    row: int | None = None

    def is_named_by(self, finding: Finding) -> bool:
        """Whether the finding names this place, by itself or in a range."""
        if not finding.place.startswith(self.thing):
            return False
        if self.row is None:
            return True
        numbers = re.search(r"row (\d+)(?: to (\d+))?$", finding.place)
        if numbers is None:
            return False
        first = int(numbers[1])
        return first <= self.row <= int(numbers[2] or first)


Attack = Callable[[Victim, Random], list[Place]]


def _some_row(victim: Victim, random: Random) -> tuple[UUID, int, int]:
    instance, last = random.choice(victim.instances)
    return instance, random.randint(1, last), last


def _of(instance: UUID, seq: int) -> Any:
    return (history.c.instance_id == instance) & (history.c.seq == seq)


def _row(session: Any, instance: UUID, seq: int) -> dict[str, Any]:
    return dict(session.execute(select(history).where(_of(instance, seq))).one()._mapping)


def _place(instance: UUID, seq: int) -> Place:
    return Place(f"history {instance}", seq)


def change_history(victim: Victim, random: Random) -> list[Place]:
    """One value of one row."""
    instance, seq, _ = _some_row(victim, random)
    with victim.tampering() as session:
        row = _row(session, instance, seq)
        column = random.choice(["at", "actor", "event", "element_id", "token_id", "data", "hash"])
        value: Any = {
            "at": row["at"] + timedelta(microseconds=random.choice((1, -1, 10**6))),
            "actor": {**row["actor"], "name": "Somebody"},
            "event": "cancelled",
            "element_id": None,
            "token_id": uuid4(),
            "data": {**row["data"], "set": {"n": 100 + random.randint(0, 9)}},
            "hash": random.randbytes(32),
        }[column]
        session.execute(update(history).where(_of(instance, seq)).values({column: value}))
    return [_place(instance, seq)]


def change_history_and_hash(victim: Victim, random: Random) -> list[Place]:
    """One row and its own hash; the row after it then does not follow, or the instance knows another end."""
    instance, seq, last = _some_row(victim, random)
    with victim.tampering() as session:
        row = _row(session, instance, seq)
        before = START if seq == 1 else bytes(_row(session, instance, seq - 1)["hash"])
        row["data"] = {"set": {"n": -1}}
        row["hash"] = chain(before, row)
        session.execute(
            update(history).where(_of(instance, seq)).values(data=row["data"], hash=row["hash"])
        )
    return [_place(instance, min(seq + 1, last))]


def rewrite_history(victim: Victim, random: Random) -> list[Place]:
    """One row, all hashes after it, and the end that the instance knows: only the root shows it."""
    instance, seq, last = _some_row(victim, random)
    with victim.tampering() as session:
        previous = START if seq == 1 else bytes(_row(session, instance, seq - 1)["hash"])
        for number in range(seq, last + 1):
            row = _row(session, instance, number)
            if number == seq:
                row["actor"] = {"kind": "user", "id": 99, "name": "Nobody"}
            previous = chain(previous, row)
            session.execute(
                update(history).where(_of(instance, number))
                .values(actor=row["actor"], hash=previous)
            )  # fmt: skip
        _set_end(session, instance, last, previous)
    return [_place(instance, last)]


def _set_end(session: Any, instance: UUID, seq: int, hash: bytes) -> None:
    session.execute(
        update(process_instance).where(process_instance.c.id == instance)
        .values(history_seq=seq, history_hash=hash)
    )  # fmt: skip


def delete_history(victim: Victim, random: Random) -> list[Place]:
    """One row."""
    instance, seq, _ = _some_row(victim, random)
    with victim.tampering() as session:
        session.execute(delete(history).where(_of(instance, seq)))
    return [_place(instance, seq)]


def close_gap(victim: Victim, random: Random) -> list[Place]:
    """One row, and those after it move up."""
    instance, seq, last = _some_row(victim, random)
    with victim.tampering() as session:
        session.execute(delete(history).where(_of(instance, seq)))
        for number in range(seq + 1, last + 1):
            session.execute(update(history).where(_of(instance, number)).values(seq=number - 1))
    return [_place(instance, seq)]


def truncate_history(victim: Victim, random: Random) -> list[Place]:
    """The last rows."""
    instance, seq, _ = _some_row(victim, random)
    with victim.tampering() as session:
        session.execute(
            delete(history).where(history.c.instance_id == instance, history.c.seq >= seq)
        )
    return [_place(instance, seq)]


def truncate_history_and_end(victim: Victim, random: Random) -> list[Place]:
    """The last rows, and the instance knows no better: only the root does."""
    instance, seq, last = _some_row(victim, random)
    with victim.tampering() as session:
        session.execute(
            delete(history).where(history.c.instance_id == instance, history.c.seq >= seq)
        )
        end = START if seq == 1 else bytes(_row(session, instance, seq - 1)["hash"])
        _set_end(session, instance, seq - 1, end)
    return [_place(instance, last)]


def delete_instance(victim: Victim, random: Random) -> list[Place]:
    """A whole instance with its history."""
    instance, _, last = _some_row(victim, random)
    with victim.tampering() as session:
        session.execute(delete(history).where(history.c.instance_id == instance))
        session.execute(delete(process_instance).where(process_instance.c.id == instance))
    return [_place(instance, last)]


def insert_history(victim: Victim, random: Random) -> list[Place]:
    """One row more at the end, with the right hash."""
    instance, _, last = _some_row(victim, random)
    with victim.tampering() as session:
        row = _row(session, instance, last)
        row |= {"seq": last + 1, "event": "completed", "data": {"set": {"approved": True}}}
        row["hash"] = chain(bytes(row["hash"]), row)
        session.execute(insert(history).values(row))
    return [_place(instance, last + 1)]


def insert_between(victim: Victim, random: Random) -> list[Place]:
    """One row more in between; those after it move down."""
    instance, seq, last = _some_row(victim, random)
    with victim.tampering() as session:
        row = _row(session, instance, seq)
        for number in range(last, seq - 1, -1):
            session.execute(update(history).where(_of(instance, number)).values(seq=number + 1))
        session.execute(insert(history).values({**row, "data": {"set": {"approved": True}}}))
    return [_place(instance, seq)]


def swap_history(victim: Victim, random: Random) -> list[Place]:
    """What two rows say, of one instance or of two."""
    first, one, _ = _some_row(victim, random)
    second, two, _ = _some_row(victim, random)
    with victim.tampering() as session:
        left, right = _row(session, first, one), _row(session, second, two)
        said = ("at", "actor", "event", "element_id", "token_id", "data")
        if (first, one) == (second, two) or all(left[c] == right[c] for c in said):
            session.execute(update(history).where(_of(first, one)).values(event="swapped"))
            return [_place(first, one)]
        for instance, seq, row in ((first, one, right), (second, two, left)):
            session.execute(
                update(history).where(_of(instance, seq)).values({c: row[c] for c in said})
            )
    return [_place(first, one)]


def _entries(session: Any) -> list[int]:
    return sorted(session.scalars(select(AuditEntry.id)))


def change_entry(victim: Victim, random: Random) -> list[Place]:
    """One value of one entry of the log."""
    with victim.tampering() as session:
        number = random.choice(_entries(session))
        row = session.get_one(AuditEntry, number)
        values: dict[str, Any] = {
            "at": row.at + timedelta(microseconds=1),
            "actor": {"kind": "user", "id": 99, "name": "Nobody"},
            "actor_ref": "user:99",
            "address": "203.0.113.9",
            "action": "signed_in",
            "subject": "user:99",
            "ticket_id": 4711,
            "old": {"n": -1},
            "new": {"n": -2},
            "reason": "another one",
        }
        column = random.choice(list(values))
        session.execute(
            update(AuditEntry).where(AuditEntry.id == number).values({column: values[column]})
        )
    return [Place(f"log entry {number}")]


def delete_entry(victim: Victim, random: Random) -> list[Place]:
    """One entry."""
    with victim.tampering() as session:
        number = random.choice(_entries(session))
        session.execute(delete(AuditEntry).where(AuditEntry.id == number))
    return [Place(f"log entry {number}")]


def insert_entry(victim: Victim, _random: Random) -> list[Place]:
    """One entry more."""
    with victim.tampering() as session:
        number = max(_entries(session)) + 1
        session.execute(
            insert(AuditEntry).values(
                id=number, at=utc_now() - timedelta(days=3), actor={"kind": "user"},
                actor_ref="user:7", action="signed_in", subject="user:7", old={}, new={},
            )
        )  # fmt: skip
    return [Place(f"log entry {number}")]


def change_waiting_entry(victim: Victim, random: Random) -> list[Place]:
    """One value of an entry that was written a moment ago; it is sealed as it is then."""
    with victim.database.transaction() as session:
        record(
            session, "setting_changed", actor=random.choice(PEOPLE), subject="setting:x",
            old={"n": 1}, new={"n": 2}, reason="因为",
        )  # fmt: skip
    with victim.tampering() as session:
        number = max(_entries(session))
        values: dict[str, Any] = {
            "actor_ref": "user:99", "new": {"n": 3}, "subject": "setting:y", "reason": None,
        }  # fmt: skip
        column = random.choice(list(values))
        session.execute(
            update(AuditEntry).where(AuditEntry.id == number).values({column: values[column]})
        )
    seal_new(victim.database)
    return [Place(f"log entry {number}")]


def swap_entries(victim: Victim, random: Random) -> list[Place]:
    """The numbers of two entries."""
    with victim.tampering() as session:
        one, two = random.sample(_entries(session), 2)
        for old, new in ((one, 10**6), (two, one), (10**6, two)):
            session.execute(update(AuditEntry).where(AuditEntry.id == old).values(id=new))
    return [Place(f"log entry {one}")]


def truncate_log(victim: Victim, random: Random) -> list[Place]:
    """The last entries."""
    with victim.tampering() as session:
        numbers = _entries(session)
        cut = random.choice(numbers[-20:])
        session.execute(delete(AuditEntry).where(AuditEntry.id >= cut))
    return [Place(f"log entry {cut}")]


def _seals(session: Any) -> list[int]:
    return sorted(session.scalars(select(Seal.number)))


def change_seal(victim: Victim, random: Random) -> list[Place]:
    """One byte of a seal."""
    with victim.tampering() as session:
        number = random.choice(_seals(session))
        row = session.get_one(Seal, number)
        column = random.choice(("entries", "hash"))
        value = bytearray(getattr(row, column))
        value[random.randrange(len(value))] ^= 1 << random.randrange(8)
        session.execute(update(Seal).where(Seal.number == number).values({column: bytes(value)}))
    return [Place(f"seal {number}")]


def delete_seal(victim: Victim, random: Random) -> list[Place]:
    """One seal; of the last one, its entries are no longer known."""
    with victim.tampering() as session:
        number = random.choice(_seals(session))
        last = number == max(_seals(session))
        entries = [n for n, _ in unpacked(session.get_one(Seal, number).entries)]
        session.execute(delete(Seal).where(Seal.number == number))
    return [Place(f"log entry {entries[0]}")] if last else [Place(f"seal {number}")]


def forge_entry(victim: Victim, random: Random) -> list[Place]:
    """An entry, its digest, and all seals after it made anew: only the root shows it."""
    with victim.tampering() as session:
        numbers = _seals(session)
        start = random.choice(numbers)
        previous = START if start == 1 else bytes(session.get_one(Seal, start - 1).hash)
        for number in range(start, max(numbers) + 1):
            seal = session.get_one(Seal, number)
            items = list(unpacked(seal.entries))
            if number == start:
                items[0] = (items[0][0], random.randbytes(32))
            body = packed(items)
            previous = seal_hash(previous, number, seal.at, body)
            session.execute(
                update(Seal).where(Seal.number == number).values(entries=body, hash=previous)
            )
    return [Place("seal ")]


def change_root(victim: Victim, random: Random) -> list[Place]:
    """A root or its leaves."""
    with victim.tampering() as session:
        number = random.choice(session.scalars(select(Root.number)).all())
        kind = random.choice(("hash", "body", "delete", "leaf", "leaves"))
        if kind == "hash":
            session.execute(
                update(Root).where(Root.number == number).values(hash=random.randbytes(32))
            )
        elif kind == "body":
            body = session.get_one(Root, number).body.replace('"count":', '"count": ')
            session.execute(update(Root).where(Root.number == number).values(body=body))
        elif kind == "delete":
            session.execute(delete(Root).where(Root.number == number))
        else:
            leaves = session.execute(
                select(Leaf.instance_id, Leaf.seq).where(Leaf.root_number == number)
            ).all()
            leaf = random.choice(leaves)
            wanted = (Leaf.instance_id == leaf.instance_id) & (Leaf.seq == leaf.seq)
            if kind == "leaf":
                session.execute(update(Leaf).where(wanted).values(hash=random.randbytes(32)))
            else:
                session.execute(delete(Leaf).where(wanted))
    return [Place(f"root {number}")]


def _archive(victim: Victim, random: Random) -> tuple[Path, Place]:
    number, key = random.choice(victim.archives)
    return victim.files / key[:2] / key[2:4] / key, Place(f"archive {number} ")


def change_archive(victim: Victim, random: Random) -> list[Place]:
    """One bit of an archive."""
    path, place = _archive(victim, random)
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)
    return [place]


def cut_archive(victim: Victim, random: Random) -> list[Place]:
    """Some bytes out of an archive: at the end, or in between."""
    path, place = _archive(victim, random)
    content = path.read_bytes()
    start = random.randrange(len(content))
    stop = random.choice((len(content), min(len(content), start + random.randint(1, 50))))
    path.write_bytes(content[:start] + content[stop:])
    return [place]


def lengthen_archive(victim: Victim, random: Random) -> list[Place]:
    """Some bytes into an archive."""
    path, place = _archive(victim, random)
    content = path.read_bytes()
    at = random.randrange(len(content) + 1)
    path.write_bytes(content[:at] + random.randbytes(random.randint(1, 20)) + content[at:])
    return [place]


def swap_archive_bytes(victim: Victim, random: Random) -> list[Place]:
    """Two pieces of an archive change places; of equal ones another bit is turned."""
    path, place = _archive(victim, random)
    content = bytearray(path.read_bytes())
    size = random.randint(1, END_SIZE // 2)
    one, two = sorted(random.sample(range(len(content) - size), 2))
    left, right = content[one : one + size], content[two : two + size]
    if left == right or two < one + size:
        content[one] ^= 1
    else:
        content[one : one + size], content[two : two + size] = right, left
    path.write_bytes(content)
    return [place]


def replace_archive(victim: Victim, random: Random) -> list[Place]:
    """An archive by another that is whole by itself, or by nothing."""
    path, place = _archive(victim, random)
    others = [key for _, key in victim.archives if key != path.name]
    if random.random() < 0.5:
        path.unlink()
    else:
        key = random.choice(others)
        path.write_bytes((victim.files / key[:2] / key[2:4] / key).read_bytes())
    return [place]


ATTACKS: Final[tuple[Attack, ...]] = (
    change_history, change_history_and_hash, rewrite_history, delete_history, close_gap,
    truncate_history, truncate_history_and_end, delete_instance, insert_history, insert_between,
    swap_history, change_entry, delete_entry, insert_entry, change_waiting_entry, swap_entries,
    truncate_log, change_seal, delete_seal, forge_entry, change_root, change_archive, cut_archive,
    lengthen_archive, swap_archive_bytes, replace_archive,
)  # fmt: skip
