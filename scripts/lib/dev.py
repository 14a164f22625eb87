"""For work on the screens and the daemon: the demo's call centre, and Vite serving the screens as you edit them."""

import subprocess

from lib import parts
from lib.demo import _customers_call, _tell
from lib.stage import a_stage, end_on_signals, phones_do


def main() -> int:
    end_on_signals()
    parts.set_up(["python", "ui", "asterisk"])
    with a_stage("dev", web_port=8090) as stage:
        phones_do(stage, "answer/6")
        env = {**parts.node_env(), "CTI_SERVICE": stage.url}
        vite = subprocess.Popen(["npm", "run", "dev"], cwd=parts.UI, env=env, stdin=subprocess.DEVNULL)
        try:
            _tell(stage)
            _customers_call(stage)
        finally:
            vite.terminate()
            vite.wait()
    return 0
