"""A duration is said in the same words by the server and by the browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from desk.web.durations import duration

CHARTS = Path(__file__).resolve().parents[3] / "frontend/charts/durations.js"
SECONDS = [
    0, 0.0004, 0.04, 0.25, 0.9994, 1, 1.25, 1.35, 2.25, 9.94, 9.96, 10, 59.4, 59.9, 60, 135, 3599, 3600,
    12_600, 86_399, 86_400, 190_080, 864_000, 1e8, 123_456_789.5,
]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"), (0.04, "40 ms", "40 毫秒"), (1.35, "1.4 s", "1.4 秒"), (2.25, "2.3 s", "2.3 秒"),
        (720, "12 min", "12 分钟"), (12_600, "3.5 h", "3.5 小时"), (172_800, "2 d", "2 天"),
        (1e8, "1,157 d", "1,157 天"),
    ],
)  # fmt: skip
def test_two_figures_are_enough(seconds: float, en: str, zh: str) -> None:
    assert (duration(seconds, "en"), duration(seconds, "zh_CN")) == (en, zh)


@pytest.mark.parametrize(("locale", "lang"), [("en", "en"), ("zh_CN", "zh-CN")])
def test_the_browser_says_the_same(locale: str, lang: str) -> None:
    node = shutil.which("node")
    assert node is not None
    program = (
        f"import {{ duration }} from {json.dumps(CHARTS.as_uri())};"
        f"console.log(JSON.stringify({json.dumps(SECONDS)}.map((one) => duration(one, {json.dumps(lang)}))))"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", program], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [duration(seconds, locale) for seconds in SECONDS]
