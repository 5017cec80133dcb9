"""The flows that were passed, from a history of elements."""

from desk.diagrams.path import passed_flows
from tests.desk.diagrams.drawn import diagram

FLOWS = "".join(
    f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
    for a, b in ("sa", "ag", "gb", "gc", "bd", "cd", "da")
)
XML = diagram(FLOWS, "")


def history(*elements: str, **chosen: list[str]) -> list[tuple[str, list[str] | None]]:
    return [(element, chosen.get(element)) for element in elements]


def test_flows_between_what_was_completed_one_after_the_other() -> None:
    assert passed_flows(XML, history("s", "a", "g", "b", "d")) == {"s_a", "a_g", "g_b", "b_d"}


def test_the_flow_to_where_the_token_stands_was_passed() -> None:
    assert passed_flows(XML, history("s", "a", "g"), active=["c"]) == {"s_a", "a_g", "g_c"}


def test_a_gateway_that_says_what_it_chose_is_believed() -> None:
    # c was completed too, but reached in another way
    done = history("s", "a", "g", "b", "c", "d", g=["g_b"])
    assert passed_flows(XML, done) == {"s_a", "a_g", "g_b", "b_d", "c_d"}


def test_a_loop_is_passed_backwards_only_when_it_was() -> None:
    once = history("s", "a", "g", "b", "d")
    assert "d_a" not in passed_flows(XML, once)
    assert "d_a" in passed_flows(XML, [*once, *history("a")])
    assert "d_a" in passed_flows(XML, once, active=["a"])
