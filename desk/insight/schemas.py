"""What programs send and get about figures and dashboards."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range

from desk.insight.measures import MEASURES
from desk.insight.queries import LONGEST_DAYS
from desk.insight.tiles import LONGEST_TITLE, MOST_TILES
from desk.insight.views import CHARTS, SIZES


class FigureQuery(ma.Schema):
    """A question. `where` is `field:value`, several joined by commas; a field without a value: it is empty."""

    measure = fields.String(required=True, validate=OneOf(list(MEASURES)))
    by = fields.String(
        load_default=None,
        metadata={"description": "A field, form:<answer>, day, week or month; none: one figure"},
    )
    days = fields.Integer(load_default=30, validate=Range(1, LONGEST_DAYS))
    where = fields.String(load_default="", metadata={"description": "priority:high,team:3"})


class FigureSchema(ma.Schema):
    """One row. A duration is in seconds, a share from 0 to 1; `count` is how many facts it is made of."""

    key = fields.String()
    name = fields.Dict(metadata={"description": 'Words by language: {"zh": …, "en": …}'})
    value = fields.Float(allow_none=True)
    count = fields.Integer()


class FiguresSchema(ma.Schema):
    """The answer."""

    measure = fields.String()
    unit = fields.String(metadata={"description": "count, duration, share or score"})
    rows = fields.List(fields.Nested(FigureSchema))


class TileSchema(ma.Schema):
    """A tile: what it asks and how it is shown."""

    measure = fields.String(required=True)
    by = fields.String(load_default=None, allow_none=True)
    filters = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    chart = fields.String(load_default="", validate=OneOf(["", *CHARTS]))
    size = fields.String(load_default="half", validate=OneOf(list(SIZES)))
    title = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=Length(max=LONGEST_TITLE)),
        load_default=dict,
    )
    days = fields.Integer(load_default=None, allow_none=True, validate=Range(1, LONGEST_DAYS))


class DashboardIn(ma.Schema):
    """A dashboard as it is made or changed."""

    name = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    days = fields.Integer(load_default=30, validate=Range(1, LONGEST_DAYS))
    tiles = fields.List(
        fields.Nested(TileSchema), load_default=list, validate=Length(max=MOST_TILES)
    )
    shares = fields.List(
        fields.String(), load_default=list, metadata={"description": "team:3, role:agent"}
    )
    revision = fields.Integer(
        load_default=None, metadata={"description": "The one that was read; for changes"}
    )


class DashboardSchema(ma.Schema):
    """A dashboard."""

    id = fields.Integer()
    name = fields.Dict()
    owner_id = fields.Integer(allow_none=True)
    days = fields.Integer()
    tiles = fields.List(fields.Dict())
    shares = fields.Function(lambda one: [share.candidate for share in one.shares])
    revision = fields.Integer()
