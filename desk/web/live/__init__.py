"""Pages that stay true by themselves: events written with the change, streamed to the browsers that may see them."""

from desk.web.live.publishing import Live, prune

__all__ = ["Live", "prune"]
