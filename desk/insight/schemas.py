"""What programs send and get about figures and dashboards."""

from typing import Any

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range

from desk.insight.measures import MEASURES
from desk.insight.periods import LONGEST_DAYS, Dates, LastDays
from desk.insight.tiles import LONGEST_TITLE, MOST_TILES, Tile
from desk.insight.views import CHARTS, SIZES


class PeriodSchema(ma.Schema):
    """`days`, or `from` and `to`; loaded as `period`, None where nothing is said."""

    days = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=Range(1, LONGEST_DAYS),
        metadata={"description": "The last so many days"},
    )
    first = fields.Date(
        data_key="from",
        load_default=None,
        metadata={"description": "From this day, in the desk's zone, …"},
    )
    last = fields.Date(
        data_key="to", load_default=None, metadata={"description": "… to this one, both counted"}
    )

    @ma.validates_schema
    def one_period(self, values: dict[str, Any], **_more: Any) -> None:
        """Both days or none, in their order, not too far apart."""
        first, last = values["first"], values["last"]
        if (first is None) != (last is None) or (first and values["days"]):
            raise ma.ValidationError("Say either days, or from and to.", "days")
        if first and not 1 <= Dates(first, last).length <= LONGEST_DAYS:
            raise ma.ValidationError(f"A period has 1 to {LONGEST_DAYS} days.", "to")

    @ma.post_load
    def loaded(self, values: dict[str, Any], **_more: Any) -> Any:
        """With the `period` instead of its parts."""
        days, first, last = (values.pop(name) for name in ("days", "first", "last"))
        return values | {
            "period": Dates(first, last) if first else LastDays(days) if days else None
        }


class FigureQuery(PeriodSchema):
    """A question. `where` is `field:value`, several joined by commas; a field without a value: it is empty.

    Without a period the last 30 days are meant.
    """

    measure = fields.String(required=True, validate=OneOf(list(MEASURES)))
    by = fields.String(
        load_default=None,
        metadata={"description": "A field, form:<answer>, day, week or month; none: one figure"},
    )
    where = fields.String(load_default="", metadata={"description": "priority:high,team:3"})


class FigureSchema(ma.Schema):
    """One row. A duration is in seconds, a share from 0 to 1; `count` is how many facts it is made of."""

    key = fields.String()
    name = fields.Dict(metadata={"description": 'Words by language: {"zh": …, "en": …}'})
    value = fields.Float(allow_none=True)
    count = fields.Integer()
    share = fields.Float(
        allow_none=True, metadata={"description": "Of what is counted by a field: its part of all"}
    )


class FiguresSchema(ma.Schema):
    """The answer."""

    measure = fields.String()
    unit = fields.String(metadata={"description": "count, duration, share or score"})
    rows = fields.List(fields.Nested(FigureSchema))


class TileSchema(PeriodSchema):
    """A tile: what it asks and how it is shown. Without a period it has that of its dashboard."""

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

    @ma.post_load
    def loaded(self, values: dict[str, Any], **more: Any) -> Tile:
        """As the tile that it is."""
        return Tile(**super().loaded(values, **more))


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
