"""Figures and dashboards as programs get them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from tests.desk.insight.conftest import Shop


def test_figures(shop: Shop, app: Flask, bearer: Callable[..., Any]) -> None:
    shop.ticket(
        shop.floor.now - timedelta(minutes=1), priority="high", form_data={"city": "Berlin"}
    )
    shop.ticket(shop.floor.now - timedelta(minutes=1))
    client, headers = app.test_client(), bearer(shop.reader)

    def ask(query: str) -> Any:
        return client.get(f"/api/v1/insight/figures?{query}", headers=headers)

    found = ask("measure=opened&by=priority").json
    assert found["unit"] == "count"
    assert {(row["key"], row["value"]) for row in found["rows"]} == {("high", 1.0), ("normal", 1.0)}
    assert ask("measure=opened&where=priority:high").json["rows"][0]["value"] == 1
    assert ask("measure=opened&where=form:city:Berlin,priority:high").json["rows"][0]["value"] == 1
    assert ask("measure=opened&where=assignee:").json["rows"][0]["value"] == 2
    today = shop.floor.now.astimezone(ZoneInfo(shop.desk.settings.timezone)).date()
    for first, last, count in ((0, 0, 2), (2, 1, 0)):
        days = f"from={today - timedelta(days=first)}&to={today - timedelta(days=last)}"
        assert ask(f"measure=opened&{days}").json["rows"][0]["value"] == count
    for wrong in (
        "measure=x", "measure=sla&by=x", "measure=sla&days=0", "measure=sla&where=x:y",
        "measure=sla&from=2026-01-01", "measure=sla&from=2026-01-02&to=2026-01-01", "measure=sla&from=x&to=y",
        "measure=sla&from=2020-01-02&to=2026-01-01", "measure=sla&days=7&from=2026-01-01&to=2026-01-02",
    ):  # fmt: skip
        assert ask(wrong).status_code == 422


def test_dashboards(
    shop: Shop, app: Flask, bearer: Callable[..., Any], make_user: Callable[..., Any]
) -> None:
    client: Any = app.test_client()
    headers = bearer(make_user("boss", roles=["supervisor"]))
    address = "/api/v1/insight/dashboards"
    body = {
        "name": {"zh": "我的", "en": "Mine"},
        "tiles": [
            {"measure": "sla", "by": "form:city", "size": "wide"},
            {"measure": "opened", "from": "2026-01-01", "to": "2026-03-31"},
            {"measure": "opened", "by": "variant", "days": 90},
        ],
        "shares": ["role:auditor"],
    }
    made = client.post(address, json=body, headers=headers)
    assert made.status_code == 201
    assert [(t.get("days"), t.get("from"), t.get("to")) for t in made.json["tiles"]] == [
        (None, None, None), (None, "2026-01-01", "2026-03-31"), (90, None, None),
    ]  # fmt: skip
    own = f"{address}/{made.json['id']}"
    seen = client.get(address, headers=bearer(shop.reader)).json
    assert [one["name"]["zh"] for one in seen] == ["我的"]
    assert client.put(own, json={**body, "days": 7}, headers=headers).status_code == 409
    changed = client.put(own, json={**body, "days": 7, "revision": 1}, headers=headers).json
    assert (changed["days"], changed["revision"]) == (7, 2)
    wrong = {**body, "revision": 2, "tiles": [{"measure": "nothing"}]}
    assert client.put(own, json=wrong, headers=headers).status_code == 422
    assert client.post(address, json={"name": {"zh": ""}}, headers=headers).status_code == 422
    assert client.delete(own, headers=bearer(shop.reader)).status_code == 403
    agent = bearer(make_user("li", roles=["agent"]))
    assert client.get(own, headers=agent).status_code == 404
    assert client.delete(own, headers=headers).status_code == 204
