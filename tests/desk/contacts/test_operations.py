"""Customers are recognised by their addresses, also by two at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from desk.contacts.models import Contact, ContactAddress
from desk.contacts.operations import (
    AddressTaken,
    DomainTaken,
    NothingToMatch,
    add_address,
    create_company,
    create_contact,
    find_contact,
    match_or_create,
    update_company,
    update_contact,
)
from engine.database import Database


def test_the_same_person_in_any_spelling(database: Database) -> None:
    with database.transaction() as session:
        first = match_or_create(session, mail="Han.Mei@Acme.cn", phone="138 0013 8000", name="韩梅")
        assert match_or_create(session, mail="han.mei@acme.CN").id == first.id
        assert match_or_create(session, phone="+86 13800138000").id == first.id
        assert find_contact(session, phone="013800138000") is first
        assert first.name == "韩梅"


def test_mail_counts_first_and_a_known_contact_is_left_alone(database: Database) -> None:
    with database.transaction() as session:
        victim = match_or_create(session, phone="13800138000")
        other = match_or_create(session, mail="someone@else.cn")
        assert match_or_create(session, mail="someone@else.cn", phone="13800138000") is other
        assert match_or_create(session, mail="someone@else.cn", phone="13900139000") is other
        assert [a.value for a in victim.addresses] == ["+8613800138000"]
        assert [a.value for a in other.addresses] == ["someone@else.cn"]


def test_a_new_contact_joins_the_company_of_the_domain(database: Database) -> None:
    with database.transaction() as session:
        acme = create_company(session, name="Acme", domain="@Acme.com.cn")
        create_company(session, name="腾讯", domain="qq.com")
        assert match_or_create(session, mail="a@mail.acme.com.cn").company_id == acme.id
        assert match_or_create(session, mail="a@acme.com.cn.evil.example").company_id is None
        assert match_or_create(session, mail="b@qq.com").company_id is None


def test_names_come_from_the_address_when_there_is_none(database: Database) -> None:
    with database.transaction() as session:
        assert match_or_create(session, mail="li.lei@acme.cn", name=" ").name == "li.lei"
        assert match_or_create(session, phone="13800138000").name == "138 0013 8000"


def test_nothing_to_match(database: Database) -> None:
    with database.transaction() as session, pytest.raises(NothingToMatch):
        match_or_create(session, mail="nonsense", phone="call me")


def test_many_at_once_make_one_contact(database: Database) -> None:
    def arrive(_number: int) -> int:
        with database.transaction() as session:
            return match_or_create(session, mail="same@acme.cn", phone="13800138000").id

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(arrive, range(16)))
    with database.reading() as session:
        assert len(numbers) == 1
        assert session.scalar(select(func.count()).select_from(Contact)) == 1
        assert session.scalar(select(func.count()).select_from(ContactAddress)) == 2


def test_somebody_faster_between_look_and_insert(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL allows what SQLite's write lock does not: the address appears after we looked."""
    from desk.contacts import operations

    with database.transaction() as session:
        theirs = match_or_create(session, mail="same@acme.cn")
        real, looks = operations._owner, []

        def blind_once(*arguments):  # type: ignore[no-untyped-def]
            looks.append(arguments)
            return real(*arguments) if len(looks) > 1 else None

        monkeypatch.setattr(operations, "_owner", blind_once)
        assert match_or_create(session, mail="same@acme.cn") is theirs
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_an_address_is_one_contacts_only(database: Database) -> None:
    with database.transaction() as session:
        one = create_contact(session, name="One", mails=["one@a.cn"], phones=["13800138000"])
        two = create_contact(session, name="Two", mails=["two@a.cn"])
        with pytest.raises(AddressTaken) as caught:
            add_address(session, two, kind="mail", value="ONE@a.cn")
        assert caught.value.contact_id == one.id
        assert add_address(session, two, kind="phone", value="13900139000").contact_id == two.id
        assert len(two.addresses) == 2


def test_addresses_become_exactly_the_given_ones(database: Database) -> None:
    with database.transaction() as session:
        contact = create_contact(
            session, name="One", mails=["one@a.cn", "old@a.cn"], phones=["801"]
        )
        update_contact(
            session,
            contact,
            name="One",
            company_id=None,
            level="vip",
            locale="en",
            note="",
            mails=["one@a.cn", "new@a.cn"],
        )
        assert sorted(a.value for a in contact.addresses) == ["801", "new@a.cn", "one@a.cn"]


def test_a_domain_is_one_companys_only(database: Database) -> None:
    with database.transaction() as session:
        acme = create_company(session, name="Acme", domain="acme.cn", phone="021-88881234")
        assert acme.phone == "+862188881234"
        other = create_company(session, name="Other")
        with pytest.raises(DomainTaken):
            update_company(
                session, other, name="Other", domain="ACME.cn", level="normal", phone=None,
                address=None, note="",
            )  # fmt: skip
