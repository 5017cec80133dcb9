"""What a step's form must hold depends on the way on: `needs` of the outcome chosen, in the diagram.

Where an outcome says what it needs, every other field is optional for it; where it says nothing, the
form's own `required` holds. Rows of lists are always held to their own rules.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from flask_babel import get_locale
from flask_babel import gettext as _

from desk.forms import Form, Submission
from desk.forms.expressions import Scope
from desk.forms.fields.base import Component, Input
from desk.forms.fields.container import Group
from desk.forms.tree import MISSING, Json, get
from desk.web.localisation import words
from engine.bpmn.model import Outcome
from engine.timestamps import utc_now

Key = tuple[str, ...]
EMPTY: tuple[Json, ...] = (MISSING, None, "", False, [], {})


def form_for_page(form: Form, outcomes: Sequence[Outcome]) -> Form:
    """The form as it is shown above these buttons: required is what none of them can do without.

    A browser would not let anybody return a ticket while the field of another button is empty.
    """
    if all(outcome.needs is None for outcome in outcomes):
        return form
    asked = [_asked(form, outcome) for outcome in outcomes]
    return _requiring(form, reduce(frozenset.intersection, asked))


def form_for(form: Form, outcome: Outcome | None) -> Form:
    """The form as a submission with this outcome is held to it; what is needed says `unmet`."""
    if outcome is None or outcome.needs is None:
        return form
    return _requiring(form, frozenset())


def unmet(form: Form, outcome: Outcome | None, submission: Submission) -> dict[str, str]:
    """The words at each field that the outcome needs and that was left empty, by path.

    Of several fields of which one is enough, the words stand at the first. A field that a condition
    hides or disables is not in the values, and cannot be asked for.
    """
    errors: dict[str, str] = {}
    uploaded = {path for path, _file in submission.files}
    for group in outcome.needs or () if outcome else ():
        entries = {key: get(submission.values, tuple(key.split("."))) for key in group}
        offered = [key for key, entry in entries.items() if entry is not MISSING]
        if not offered or any(entries[key] not in EMPTY or key in uploaded for key in offered):
            continue
        assert outcome is not None
        errors[offered[0]] = _needed(form, outcome, offered)
    return errors


def hint(form: Form | None, outcome: Outcome) -> str | None:
    """What a button says beforehand: the fields it needs, by their labels."""
    if form is None or not outcome.needs:
        return None
    labels = _labels(form)
    groups = [_(" or ").join(labels.get(key, key) for key in group) for group in outcome.needs]
    return _("Needs: %(fields)s", fields=_(", ").join(groups))


def _needed(form: Form, outcome: Outcome, keys: Sequence[str]) -> str:
    chosen = words(outcome.label)
    if len(keys) == 1:
        return _("Fill this in to choose “%(outcome)s”.", outcome=chosen)
    labels = _labels(form)
    return _(
        "Fill in %(fields)s to choose “%(outcome)s”; one of them is enough.",
        fields=_(" or ").join(labels.get(key, key) for key in keys),
        outcome=chosen,
    )


def _labels(form: Form) -> dict[str, str]:
    scope, locale = Scope.root({}, utc_now()), str(get_locale())
    return {".".join(item.key): item.heading(scope, locale) for item in form.inputs}


def _asked(form: Form, outcome: Outcome) -> frozenset[Key]:
    if outcome.needs is None:
        return frozenset(item.key for item in form.inputs if item.required)
    return frozenset(tuple(group[0].split(".")) for group in outcome.needs if len(group) == 1)


def _requiring(form: Form, keys: frozenset[Key]) -> Form:
    return Form(tuple(_held(item, (), keys) for item in form.components), form.shape)


def _held(component: Component, base: Key, keys: frozenset[Key]) -> Component:
    if isinstance(component, Group):
        inner = (*base, *component.path)
        return replace(
            component, components=tuple(_held(c, inner, keys) for c in component.components)
        )
    if isinstance(component, Input):
        return replace(component, required=(*base, *component.key) in keys)
    return component
