"""The dashboards that come with the desk."""

from dataclasses import dataclass
from typing import Final

from desk.insight.tiles import Tile
from engine.operators import Text


@dataclass(frozen=True)
class Shipped:
    """A dashboard for everybody."""

    name: Text
    days: int
    tiles: tuple[Tile, ...]


SHIPPED: Final = (
    Shipped(
        Text("Service desk today", "服务台概览"),
        7,
        (
            Tile("open", size="small"),
            Tile("opened", size="small"),
            Tile("ended", size="small"),
            Tile("opened", "day", size="half"),
            Tile("ended", "day", size="half"),
            Tile("open", "priority", size="half"),
            Tile("open", "team", size="half"),
            Tile("sla", size="small"),
            Tile("first_response", size="small"),
            Tile("satisfaction", size="small"),
            Tile("opened", "type", size="half"),
            Tile("opened", "channel", size="half"),
        ),
    ),
    Shipped(
        Text("Process quality", "流程质量"),
        30,
        (
            Tile("automation", size="small"),
            Tile("first_contact", size="small"),
            Tile("reopened", size="small"),
            Tile("as_drawn", size="small"),
            Tile("resolution", size="small"),
            Tile("untouched", size="small"),
            Tile("opened", "variant", size="wide"),
            Tile("automation", "type", size="half"),
            Tile("first_contact", "team", size="half"),
            Tile("sla_resolution", "priority", size="half"),
            Tile("resolution_p90", "type", size="half"),
        ),
    ),
)
