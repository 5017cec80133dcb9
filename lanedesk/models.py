"""All tables of the desk: importing this fills the one `metadata` that migrations and tests work from."""

from engine.tables import metadata
from lanedesk.rooms import rooms

MODEL_MODULES = rooms("models", "tables")

__all__ = ["MODEL_MODULES", "metadata"]
