"""Loops and multi-instance (BPMN 2.0, 10.3.8): each round is a scope of its own with the activity inside."""

from typing import Any

from engine.bpmn.kinds.activities import Activity
from engine.bpmn.kinds.data import fill, hand_out
from engine.bpmn.kinds.throwing import announce
from engine.bpmn.model import Loop
from engine.bpmn.tokens import DiagramError, Scope, Token


class LoopActivity(Activity):
    """Hosts the rounds of a looped activity; `loopCounter` is local to a round and counts from 1."""

    hosts_rounds = True

    @property
    def loop(self) -> Loop:
        """The loop characteristics."""
        assert self.node.loop is not None
        return self.node.loop

    def start_round(self, token: Token, counter: int, item: Any = None) -> None:
        """Open the scope of one round and run the activity in it."""
        facts = token.internal_data
        inner = token.scope.instance.open_scope(self._wf_spec.inner[f"{self.node.id}#body"], token)
        inner.local["loopCounter"] = counter
        if self.loop.element and self.loop.collection:
            inner.local[self.loop.element] = item
        if self.loop.output_element:
            inner.local[self.loop.output_element] = None
        inner.facts["round"] = counter
        fill(self, token, inner)
        facts["started"] = facts.get("started", 0) + 1
        inner.spec.spec_of(self.node.id).arrive(inner, None)


class StandardLoop(LoopActivity):
    """While the condition holds, at most `loopMaximum` times; the test comes first or last (testBefore)."""

    def execute(self, token: Token) -> bool | None:
        """The first round, if the test before allows it."""
        if self.loop.maximum == 0 or (self.loop.test_before and not self.again(token, 0)):
            return True
        self.start_round(token, 1)
        return None

    def again(self, token: Token, done: int) -> bool:
        """Whether another round is due."""
        if self.loop.maximum is not None and done >= self.loop.maximum:
            return False
        if self.loop.condition is None:
            return self.loop.maximum is not None
        return self.value(token, self.loop.condition, {"loopCounter": done}) is True

    def scope_ended(self, token: Token, scope: Scope) -> None:
        """Another round or the end."""
        hand_out(self, token, scope)
        done = scope.facts["round"]
        if self.again(token, done):
            self.start_round(token, done + 1)
        else:
            token.complete()


class MultiInstance(LoopActivity):
    """One round for every item of a collection, or for a number: side by side or one after the other."""

    def execute(self, token: Token) -> bool | None:
        """Count the rounds and start one or all."""
        items = self._items(token)
        facts = token.internal_data
        facts["total"], facts["done"], facts["results"] = len(items), 0, {}
        if not items:
            self._deliver(token)
            return True
        if self.loop.kind == "sequential":
            facts["items"] = items
            self.start_round(token, 1, items[0])
        else:
            for counter, item in enumerate(items, 1):
                if token.alive:
                    self.start_round(token, counter, item)
        return None

    def scope_ended(self, token: Token, scope: Scope) -> None:
        """Collect the round's result; stop when the completion condition holds or nothing is left."""
        facts = token.internal_data
        facts["done"] += 1
        hand_out(self, token, scope)
        self._announce(token, scope)
        if not token.alive:
            return
        counter = scope.facts["round"]
        if self.loop.output_element:
            facts["results"][str(counter)] = scope.local.get(self.loop.output_element)
        if self._complete(token, scope):
            for other in token.scope.instance.scopes_of(token):
                token.scope.instance.close_scope(other)
        elif facts["done"] < facts["total"]:
            if self.loop.kind == "sequential":
                self.start_round(token, counter + 1, facts["items"][counter])
            return
        self._deliver(token)
        token.complete()

    def _announce(self, token: Token, scope: Scope) -> None:
        """The events that `behavior` wants when an instance has completed: always, after the first, or as conditions
        say; "All" means that none is thrown before all have completed (10.3.8.2)."""
        if self.loop.behavior == "One" and token.internal_data["done"] > 1:
            return
        for announcement in self.loop.announcements:
            condition = announcement.condition
            if (
                condition is None
                or self.value(token, condition, self._counts(token, scope)) is True
            ):
                for trigger in announcement.triggers:
                    announce(token, trigger)

    def _complete(self, token: Token, scope: Scope) -> bool:
        if self.loop.completion is None:
            return False
        return self.value(token, self.loop.completion, self._counts(token, scope)) is True

    def _counts(self, token: Token, scope: Scope) -> dict[str, Any]:
        """The attributes of the running activity (table 10.30) and the data of the instance that ended."""
        facts = token.internal_data
        return {
            **scope.local,
            "numberOfInstances": facts["total"],
            "numberOfCompletedInstances": facts["done"],
            "numberOfActiveInstances": facts["started"] - facts["done"],
            "numberOfTerminatedInstances": 0,
        }

    def _deliver(self, token: Token) -> None:
        if self.loop.output_collection:
            results = token.internal_data["results"]
            ordered = [results[k] for k in sorted(results, key=int)]
            token.scope.assign(self.loop.output_collection, ordered)

    def _items(self, token: Token) -> list[Any]:
        if self.loop.collection:
            items = self.value(token, self.loop.collection)
            if isinstance(items, dict):
                items = list(items.values())
            if not isinstance(items, list):
                raise DiagramError(self.node.id, f"{self.loop.collection!r} is no list")
            return list(items)
        if self.loop.cardinality is None:
            raise DiagramError(self.node.id, "says neither how many nor over what to repeat")
        number = self.value(token, self.loop.cardinality)
        if not isinstance(number, int) or number < 0:
            raise DiagramError(self.node.id, f"{self.loop.cardinality!r} is no whole number")
        return [None] * number
