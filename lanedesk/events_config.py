"""gunicorn's configuration of the events process: it takes every name in here for a setting."""

from lanedesk.serving import COMMON

globals().update(COMMON)
