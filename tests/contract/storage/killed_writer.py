"""A process that stores calls until it is killed, and writes down the id of each that was acknowledged.

Arguments: database URL, folder, name of this run.
"""

import asyncio
import os
import sys
from pathlib import Path

from cti.calls.model import CallId
from cti.ports import OpenCall
from cti.storage.calls import SqlCallLog
from cti.storage.open_calls import SqlOpenCalls
from cti.storage.opening import open_database
from cti.storage.recorder import Recorder
from tests.contract.storage.examples import NOON, finished

WRITERS = 16


async def main(url: str, folder: Path, name: str) -> None:
    db = await open_database(url)
    recorder = Recorder(db, region="CN", journal=folder / "journal.jsonl")
    calls, open_calls = SqlCallLog(db, recorder), SqlOpenCalls(db, recorder)
    acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def write(writer: int) -> None:
        count = 0
        while True:
            id_ = f"{name}.{writer}.{count}"
            open_calls.put("pbx1", OpenCall(CallId(id_), "b1", NOON, b"alive"))
            await asyncio.sleep(0.001)
            await calls.add(finished(id_, agents=("1001", "1002")), switch="pbx1", boot="b1")
            os.write(acknowledged, f"{id_}\n".encode())
            count += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(recorder.run())
        for writer in range(WRITERS):
            group.create_task(write(writer))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
