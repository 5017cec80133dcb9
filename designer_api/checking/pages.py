"""The manual's page about a lint rule, for whoever follows the link beside a problem."""

from flask import Blueprint, abort, render_template

from designer_api.checking import manual
from desk.people.access import requires
from desk.web.localisation import select_locale

blueprint = Blueprint(
    "designer_manual", __name__, template_folder="templates", url_prefix="/designer/manual"
)


@blueprint.get("/lint/<string:name>")
@requires("process.read")
def rule(name: str) -> str:
    """What the rule wants, with the wrong and the right diagram."""
    text = manual.text(name, select_locale()[:2])
    if text is None:
        abort(404)
    return render_template("designer/rule.html", name=name, blocks=_blocks(text))


def _blocks(text: str) -> list[tuple[str, str]]:
    """The parts of a page: ("words", paragraph) and ("drawing", text in fences)."""
    blocks: list[tuple[str, str]] = []
    for number, part in enumerate(text.split("```")):
        if number % 2:
            blocks.append(("drawing", part.strip("\n")))
        else:
            blocks += [("words", one.strip()) for one in part.split("\n\n") if one.strip()]
    return blocks
