"""Sample pages: every layout and macro with made-up data, to look at and to test in a browser.

`python frontend/samples/app.py` serves http://127.0.0.1:8090/; `?lang=zh_CN|en` and `?theme=light|dark` choose.
"""

import secrets
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from flask import Flask, Response, jsonify, render_template, render_template_string, request
from flask_babel import Babel
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from desk.translations.build import read_pieces  # noqa: E402  (the tree is put on the path above)
from desk.web.assets import register_assets  # noqa: E402
from desk.web.localisation import words  # noqa: E402

PAGES = [
    "tasks",
    "tickets",
    "ticket",
    "styleguide",
    "login",
    "error",
    "form",
    "received",
    "track",
    "rate",
    "qr",
]

CSP = (
    "default-src 'none'; script-src 'self' 'nonce-sample'; style-src 'self' 'nonce-sample'; style-src-attr 'none'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
)


@dataclass
class Person:
    """What templates ask of the person who is signed in."""

    name: str
    initials: str
    locale: str
    theme: str
    state: str = "available"

    def can(self, _permission: str) -> bool:
        """Everything."""
        return True


@dataclass
class Clock:
    """Times around now, so that relative words show each of their forms."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self, minutes: float) -> datetime:
        return self.now + timedelta(minutes=minutes, seconds=5)


def create_samples() -> Flask:
    """A Flask app with one route a sample page. It needs a built front end, but no database."""
    app = Flask("samples", template_folder=str(ROOT / "desk/web/templates"))
    app.secret_key = secrets.token_hex()
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(ROOT / "desk/web/templates"),
            FileSystemLoader(Path(__file__).parent / "pages"),
        ]
    )
    app.jinja_env.undefined = StrictUndefined
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = compile_pieces()
    Babel(
        app,
        locale_selector=lambda: request.args.get("lang", "en"),
        timezone_selector=lambda: "Asia/Shanghai",
    )
    app.jinja_env.filters["words"] = words
    app.jinja_env.globals["status_words"] = lambda _key: None  # no statuses of one's own here
    register_assets(app)
    folder = Path(__file__).parent

    @app.after_request
    def as_strict_as_the_desk(response: Response) -> Response:
        """The policy that pages must live with; a browser test fails on any violation."""
        response.headers["Content-Security-Policy"] = CSP
        return response

    @app.get("/")
    def index() -> str:
        return "".join(f'<p><a href="/{page}">{page}</a>' for page in PAGES)

    @app.get("/<page>")
    def show(page: str) -> str | tuple[str, int]:
        if page not in PAGES:
            return "", 404
        return render_template(f"{page}.html", **context())

    @app.get("/flow.bpmn")
    def diagram() -> Response:
        return Response((folder / "flow.bpmn").read_text("utf-8"), mimetype="application/xml")

    @app.get("/flow.json")
    def flow_state() -> Response:
        return jsonify(
            active=[{"element": "Process", "who": "李伟"}],
            done=["Start", "Flow_1", "Dispatch", "Flow_2"],
            failed=[],
        )

    @app.get("/events/stream")
    def events() -> Response:
        return Response("retry: 60000\n\n: nothing happens here\n\n", mimetype="text/event-stream")

    @app.get("/manifest-for-tests")
    def manifest() -> Response:
        return jsonify({"flow.js": render_template_string("{{ asset('flow.js') }}")})

    @app.get("/search")
    def search() -> str:
        return '<a href="/ticket">WN-20261120-000042 · Printer on floor 3</a>'

    @app.get("/me/notices")
    def notices() -> str:
        return "<p>–</p>"

    return app


def compile_pieces() -> str:
    """Compile the Chinese texts into a folder of their own and give its path."""
    folder = Path(tempfile.mkdtemp(prefix="samples-"))
    target = (
        folder / "zh" / "LC_MESSAGES"
    )  # Babel reads zh_CN as zh_Hans_CN, and gettext falls back to zh
    target.mkdir(parents=True)
    with (target / "messages.mo").open("wb") as out:
        write_mo(out, read_pieces())
    return str(folder)


def context() -> dict[str, Any]:
    """The made-up desk: one page's worth of everything, in the language asked for."""
    from frontend.samples import data

    zh = request.args.get("lang", "en").startswith("zh")
    return data.context(zh=zh, theme=request.args.get("theme", "light"), at=Clock(), person=Person)


if __name__ == "__main__":
    create_samples().run(port=8090, debug=False)
