"""The playbooks that are shipped."""

from pathlib import Path

from cti.assist.playbook.compiling import compile_playbook
from cti.assist.playbook.model import Playbook

CONFIG = Path(__file__).resolve().parents[4] / "config"


def _compiled(path: Path) -> Playbook:
    playbook, faults = compile_playbook(path.stem, path.name, path.read_text(encoding="utf-8"))
    assert playbook is not None, "\n".join(map(str, faults))
    return playbook


PLAYBOOKS = {path.stem: _compiled(path) for path in sorted((CONFIG / "playbooks").glob("*.md"))}
