"""Events of the desk: what happens to its records, for diagrams that wait for it or start with it.

`declare` puts an event into the catalogue, `emit` says that it has happened. Importing this package declares all of
them.
"""

from desk.events import declared  # noqa: F401 - its declarations are the catalogue
from desk.events.catalogue import EVENTS, Event, Field, declare
from desk.events.emitting import emit

__all__ = ["EVENTS", "Event", "Field", "declare", "emit"]
