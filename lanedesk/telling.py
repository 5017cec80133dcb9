"""Tells open pages what a step did: whose task lists changed, and which diagram's token moved."""

from collections.abc import Callable

from desk.web.live import Live
from engine.step import Step


def teller(live: Live) -> Callable[[Step], None]:
    """What the engine calls in the transaction, after every step was written."""

    def tell(step: Step) -> None:
        live.publish(step.session, f"instance:{step.recorder.instance_id}", "instance.moved")
        for task_id, topics in step.offers.items():
            for topic in dict.fromkeys(topics):
                live.publish(step.session, topic, "tasks.changed", {"task_id": str(task_id)})

    return tell
