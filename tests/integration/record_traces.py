"""Records the situations of tests/traces/ anew: python -m tests.integration.record_traces [--name NAME] [SITUATION ...]"""

import argparse
import asyncio
import sys
import traceback

from tests.integration.recording import inbound, internal, outages, outbound, supervision, transfers
from tests.integration.recording.studio import SCENES, TRACES, Stage

_ = (inbound, internal, outages, outbound, supervision, transfers)  # they register their situations


async def record(name: str, wanted: list[str]) -> int:
    stage = await Stage.build(name)
    failed = 0
    for number, title in enumerate(wanted, 1):
        print(f"{number:3}/{len(wanted)} {title}", flush=True)
        try:
            await stage.switch.reset()
            async with asyncio.timeout(60):
                await SCENES[title](stage)
        except Exception:
            failed += 1
            traceback.print_exc()
            print(f"FAILED {title}", flush=True)
    await stage.switch.stop()
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="traces", help="of the instance of Asterisk")
    parser.add_argument("--list", action="store_true", help="tell what happens in each, as README.md does")
    parser.add_argument("--part", default="0/1", help="every Nth of them: 0/2, 1/2")
    parser.add_argument("situation", nargs="*", help="all, if none is named")
    args = parser.parse_args()
    if args.list:
        for title, play in SCENES.items():
            print(f"| {title}.ami | {' '.join((play.__doc__ or '').split())} |")
        return 0
    TRACES.mkdir(exist_ok=True)
    this, parts = map(int, args.part.split("/"))
    return asyncio.run(record(args.name, args.situation or list(SCENES)[this::parts]))


if __name__ == "__main__":
    sys.exit(main())
