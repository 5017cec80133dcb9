"""The state of an instance as bytes: compact, versioned, complete.

The specs stay outside (compiled once per version) and are named by position. Values keep their kind: decimals, dates,
times and durations come back as they were; order and type of keys too, which JSON would lose.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgpack

from engine.bpmn.program import Program
from engine.bpmn.tokens import Instance, Scope, Token, World
from engine.errors import StateUnreadable

FORMAT = 2

_DECIMAL, _DATETIME, _DATE, _TIME, _DURATION = 1, 2, 3, 4, 5


def dump(instance: Instance) -> bytes:
    """All living tokens and the data of their scopes."""
    program = instance.program
    scopes = []
    for scope in instance.scopes.values():
        tokens = [
            [t.id.bytes, program.spec_index[id(t.task_spec)], t._state, t.last_state_change, t.internal_data]
            for t in scope.tasks.values()
        ]  # fmt: skip
        scopes.append(
            [
                scope.id.bytes,
                program.scope_index[id(scope.spec)],
                scope.host.id.bytes if scope.host else None,
                scope.isolated,
                scope.local,
                scope.facts,
                tokens,
            ]
        )
    packed: bytes = msgpack.packb([FORMAT, scopes], default=_pack, strict_types=True)
    return packed


def dump_value(value: Any) -> bytes:
    """One value, kept as those of an instance are."""
    packed: bytes = msgpack.packb(value, default=_pack, strict_types=True)
    return packed


def load_value(content: bytes) -> Any:
    """The reverse of `dump_value`."""
    return msgpack.unpackb(content, ext_hook=_unpack, strict_map_key=False)


def load(content: bytes, program: Program, world: World) -> Instance:
    """The instance as it was when it was dumped. Raises StateUnreadable."""
    try:
        return _load(content, program, world)
    except Exception as error:  # whatever bytes that nobody wrote so may lead to
        raise StateUnreadable(f"the state of the instance cannot be read: {error!r}") from error


def _load(content: bytes, program: Program, world: World) -> Instance:
    found, scopes = msgpack.unpackb(content, ext_hook=_unpack, strict_map_key=False)
    if found != FORMAT:
        raise ValueError(f"state has format {found}, this program reads {FORMAT}")
    instance = Instance(program, world, UUID(bytes=scopes[0][0]))
    tokens: dict[bytes, Token] = {}
    for scope_id, spec_index, host_id, isolated, local, facts, rows in scopes:
        if host_id is None:
            scope = instance.top
        else:
            scope = Scope(
                instance, program.scope_list[spec_index], tokens[host_id], UUID(bytes=scope_id)
            )
            instance.found_scope(scope)
        scope.isolated, scope.local, scope.facts = isolated, local, facts
        for token_id, index, state, since, internal in rows:
            token = Token(scope, program.spec_list[index], state, UUID(bytes=token_id))
            token.internal_data, token.last_state_change = internal, since
            tokens[token_id] = token
            if token.task_spec.waits_outside and "have" not in internal:
                instance.found_waiting(token)
            if internal.get("keyless"):
                instance.keyless.add(token.id)
    return instance


def _pack(value: Any) -> Any:
    # A subclass (an enum's value, an ordered mapping): kept as what it is underneath.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return list(value)
    if isinstance(value, Decimal):
        return msgpack.ExtType(_DECIMAL, str(value).encode())
    if isinstance(value, datetime):
        return msgpack.ExtType(_DATETIME, value.isoformat().encode())
    if isinstance(value, date):
        return msgpack.ExtType(_DATE, value.isoformat().encode())
    if isinstance(value, time):
        return msgpack.ExtType(_TIME, value.isoformat().encode())
    if isinstance(value, timedelta):
        seconds = value.days * 86400 + value.seconds
        return msgpack.ExtType(_DURATION, f"{seconds}.{value.microseconds:06}".encode())
    if isinstance(value, tuple):
        raise TypeError("a tuple cannot be kept in process data: use a list")
    raise TypeError(f"a {type(value).__name__} cannot be kept in process data")


def _unpack(code: int, content: bytes) -> Any:
    text = content.decode()
    if code == _DECIMAL:
        return Decimal(text)
    if code == _DATETIME:
        return datetime.fromisoformat(text)
    if code == _DATE:
        return date.fromisoformat(text)
    if code == _TIME:
        return time.fromisoformat(text)
    if code == _DURATION:
        seconds, _, micro = text.partition(".")
        return timedelta(seconds=int(seconds), microseconds=int(micro))
    raise ValueError(f"unknown kind {code} in state")
