"""What programs send and get about backtests."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, Range

from designer_api.files.schemas import words


class BacktestIn(ma.Schema):
    """Replay what really happened in the last days against these files (by path) as they are in the editor.

    `process` replays the starts and everything that came in of one process; `decision` the times a decision was asked.
    """

    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    process = fields.String(load_default=None, allow_none=True)
    decision = fields.String(load_default=None, allow_none=True)
    days = fields.Integer(load_default=30, validate=Range(1, 366))
    limit = fields.Integer(load_default=2000, validate=Range(1, 20_000))
    note = fields.String(load_default="", validate=Length(max=200))


class DifferenceSchema(ma.Schema):
    """One instance that would have gone otherwise. `kind`: path | rule | output | effect | wait | error."""

    instance = fields.String(metadata={"format": "uuid"})
    business_key = fields.String(allow_none=True)
    ticket_id = fields.Integer(allow_none=True)
    ticket_number = fields.String(allow_none=True)
    at = fields.String(metadata={"format": "date-time"})
    kind = fields.String()
    element = fields.String()
    name = words()
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)
    words = words()


class RuleCountSchema(ma.Schema):
    """A rule that matched more or less often: `before` times then, `after` times with the draft.

    Its numbers are its places in the tables; null where it did not match.
    """

    decision = fields.String()
    name = words()
    rule = fields.String()
    old_number = fields.Integer(allow_none=True)
    new_number = fields.Integer(allow_none=True)
    before = fields.Integer()
    after = fields.Integer()


class BacktestResult(ma.Schema):
    """What came out. `elements`: {element: how many went otherwise there}, for the diagram."""

    replayed = fields.Integer()
    same = fields.Integer()
    different = fields.Integer()
    skipped = fields.Integer()
    elements = fields.Dict(keys=fields.String(), values=fields.Integer())
    items = fields.List(fields.Nested(DifferenceSchema))
    rules = fields.List(fields.Nested(RuleCountSchema))


class BacktestSchema(ma.Schema):
    """A backtest; `result` is there when it is done."""

    id = fields.String()
    status = fields.String()
    done = fields.Integer()
    total = fields.Integer(allow_none=True)
    error = words(allow_none=True)
    result = fields.Nested(BacktestResult, allow_none=True)
