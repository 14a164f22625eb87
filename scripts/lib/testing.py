"""Runs the tests: one pytest for everything, so its closing line is the last."""

import os
import sys

from lib import parts
from lib.steps import HERE, VENV, Failed, say

# what a folder of tests needs
KINDS = {
    "unit": ["python"],
    "contract": ["python", "postgres", "mosquitto"],
    "stories": ["python"],
    "integration": ["python", "asterisk", "postgres", "mosquitto"],
    "browser": ["python", "ui", "asterisk", "browser"],
}


def main() -> int:
    words = sys.argv[1:]
    if {"-h", "--help"} & set(words):
        print(f"scripts/test [{' | '.join(KINDS)} ...] [-- pytest arguments]")
        return 0
    cut = words.index("--") if "--" in words else len(words)
    kinds, more = words[:cut] or list(KINDS), words[cut + 1 :]
    for kind in kinds:
        if kind not in KINDS:
            raise Failed(f"there are no {kind!r} tests; there are: {' '.join(KINDS)}")
    kinds = [kind for kind in kinds if any((HERE / "tests" / kind).rglob("test_*.py"))]
    needed = [part for part in parts.PARTS if any(part in KINDS[kind] for kind in kinds)]
    parts.set_up(needed)
    say(f"tests: {' '.join(kinds)}")
    os.chdir(HERE)
    sys.stdout.flush()
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, "-m", "pytest", *(f"tests/{kind}" for kind in kinds), *more])
    return 1  # never reached: execv becomes pytest
