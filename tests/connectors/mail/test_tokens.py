"""Reply tokens: genuine ones lead to their ticket, all others nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail.tokens import (
    make_token,
    outgoing_message_id,
    reply_address,
    ticket_of_addresses,
    ticket_of_ids,
)

SECRET = "the desk's secret"


@given(st.integers(min_value=1, max_value=2**62))
def test_a_token_leads_back_to_its_ticket_and_fits_into_a_local_part(ticket_id: int) -> None:
    address = reply_address(SECRET, "desk@desk.test", ticket_id)
    assert len(address.partition("@")[0]) <= 64
    assert ticket_of_addresses(SECRET, [address]) == ticket_id
    assert ticket_of_addresses(SECRET, [address.upper()]) == ticket_id


@given(st.integers(min_value=1, max_value=10**9), st.integers(min_value=0, max_value=40))
def test_a_token_that_was_changed_anywhere_leads_nowhere(ticket_id: int, position: int) -> None:
    token = make_token(SECRET, ticket_id)
    position %= len(token)
    changed = "a" if token[position] != "a" else "b"
    altered = f"desk+{token[:position]}{changed}{token[position + 1 :]}@desk.test"
    assert ticket_of_addresses(SECRET, [altered]) is None


def test_another_secret_makes_another_token() -> None:
    assert ticket_of_addresses("another", [reply_address(SECRET, "desk@desk.test", 7)]) is None


@pytest.mark.parametrize(
    "address",
    ["desk@desk.test", "desk+@desk.test", "desk+1@desk.test", "desk+1-@desk.test", "+", ""],
)
def test_no_token_is_no_ticket(address: str) -> None:
    assert ticket_of_addresses(SECRET, [address]) is None


def test_message_ids_carry_the_token_and_stay_the_same_over_tries() -> None:
    first = outgoing_message_id(SECRET, "desk.test", 42, "mail.send:key")
    assert first == outgoing_message_id(SECRET, "desk.test", 42, "mail.send:key")
    assert first != outgoing_message_id(SECRET, "desk.test", 42, "mail.send:other")
    assert ticket_of_ids(SECRET, ["<unknown@example.com>", first]) == 42
    assert ticket_of_ids(SECRET, [first.strip("<>")]) == 42
    assert ticket_of_ids("another", [first]) is None
