"""A first layout for diagrams that come without one: left to right, lanes and pools kept, nothing else touched."""

from designer_api.layout.writing import with_layout

__all__ = ["with_layout"]
