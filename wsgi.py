"""What a WSGI server loads: `gunicorn wsgi:app`."""

from lanedesk.app import create_app

app = create_app()
