"""Records made and read by the driver itself are the session's own, as those of the unit of work are."""

from sqlalchemy.orm import Session

from desk.contacts.models import Contact, ContactAddress
from desk.database import insert_now, load_now
from engine.database import Database


def written(database: Database) -> int:
    with database.transaction() as session:
        contact = Contact(name="王小明", level="vip")
        insert_now(session, contact)
        session.add(ContactAddress(contact_id=contact.id, kind="mail", value="wang@example.com"))
        return contact.id


def loaded(session: Session, number: int) -> Contact:
    contact = load_now(session, Contact, number)
    assert contact is not None
    return contact


def test_a_record_is_read_whole_and_its_neighbours_when_they_are_asked_for(
    database: Database,
) -> None:
    number = written(database)
    with database.transaction() as session:
        contact = loaded(session, number)
        names = [column.name for column in Contact.__table__.c]
        given = {name: getattr(contact, name) for name in names}
        assert [address.value for address in contact.addresses] == ["wang@example.com"]
    with database.reading() as session:
        same = session.get_one(Contact, number)
        assert given == {name: getattr(same, name) for name in given}
        assert load_now(session, Contact, number + 1) is None


def test_a_record_that_was_read_is_the_sessions_and_its_changes_are_written(
    database: Database,
) -> None:
    number = written(database)
    with database.transaction() as session:
        contact = loaded(session, number)
        assert loaded(session, number) is contact is session.get(Contact, number)
        contact.name = "Wang"
        assert loaded(session, number).name == "Wang", "what is pending is not read over"
    with database.reading() as session:
        assert session.get_one(Contact, number).name == "Wang"
