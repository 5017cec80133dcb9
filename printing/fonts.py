"""Whether this machine has a font with Chinese characters, and what to say when it has none."""

import shutil
import subprocess
from functools import cache

from engine.operators import Text

MISSING = Text(
    "This machine has no font with Chinese characters: PDFs would show boxes. "
    "On Debian: apt-get install fonts-noto-cjk (or the smaller fonts-wqy-microhei), then restart.",
    "本机没有中文字体，PDF 中的汉字会显示为方框。Debian 请安装："
    "apt-get install fonts-noto-cjk（或较小的 fonts-wqy-microhei），然后重新启动。",
)


@cache
def chinese_font() -> str | None:
    """The name of one such font; None if fontconfig knows none. Asked once a process."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    listed = subprocess.run(  # noqa: S603 - no words from outside
        [program, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return listed.splitlines()[0].partition(",")[0] if listed else None
