"""The work behind a backtest; a worker does it."""

from designer_api.backtests import operations
from designer_api.backtests.operations import NoSuchDecision
from designer_api.files.contents import bytes_of
from designer_api.runs.scenarios import refused_words
from desk.application import Desk
from desk.background.kinds import work
from desk.background.running import Running
from engine.errors import DeployRefused
from engine.operators import Text

KIND = "backtest"


@work(KIND, title=Text("Backtest of a flow", "流程回测"), permission="process.design")
def run_backtest(desk: Desk, task: Running) -> None:
    """Replay and compare; what came out is the work's result. A draft that cannot run is a result too."""
    asked = task.parameters
    files = {path: bytes_of(text) for path, text in asked["files"].items()}
    with desk.reading() as session:
        setting = {
            "since": operations.since(desk.engine, asked["days"]),
            "limit": asked["limit"],
            "progress": task.progress,
        }
        try:
            if asked["process"]:
                task.result = operations.of_process(
                    session, desk.engine, files, asked["process"], **setting
                )
            else:
                task.result = operations.of_decision(
                    session, desk.engine, files, asked["decision"], **setting
                )
        except DeployRefused as refused:
            task.result = {"refused": refused_words(refused)}
        except NoSuchDecision as missing:
            task.result = {"refused": missing.words}
