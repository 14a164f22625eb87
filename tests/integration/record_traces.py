"""Records the situations of tests/traces/ anew: python -m tests.integration.record_traces [SITUATION ...]"""

import argparse
import asyncio
import sys
import traceback
from pathlib import Path

from tests.integration.recording import inbound, internal, more, outages, outbound, rooms, supervision, transfers
from tests.integration.recording.studio import SCENES, TRACES, Stage

_ = (inbound, internal, more, outages, outbound, rooms, supervision, transfers)  # they register their situations


async def record(name: str, wanted: list[str], folder: Path) -> int:
    stage = await Stage.build(name, folder)
    failed = 0
    for number, title in enumerate(wanted, 1):
        print(f"{number:3}/{len(wanted)} {title}", flush=True)
        try:
            await stage.clear()
            async with asyncio.timeout(60):
                await SCENES[title](stage)
        except Exception:  # noqa: BLE001 - the others are still worth recording
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
    parser.add_argument("--into", type=Path, default=TRACES, help="the folder to write to")
    parser.add_argument("situation", nargs="*", help="all, if none is named")
    args = parser.parse_args()
    if args.list:
        for title, play in SCENES.items():
            print(f"| {title}.ami | {' '.join((play.__doc__ or '').split())} |")
        return 0
    this, parts = map(int, args.part.split("/"))
    return asyncio.run(record(args.name, args.situation or list(SCENES)[this::parts], args.into))


if __name__ == "__main__":
    sys.exit(main())
