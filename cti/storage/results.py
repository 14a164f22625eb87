"""What agents say that their calls came to."""

from datetime import datetime

from sqlalchemy import and_, delete, func, insert, select

from cti.aftercall import CallResult
from cti.storage.after_tables import call_results
from cti.storage.engine import Database
from cti.storage.rows import clean


class SqlResults:
    """A Results on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, result: CallResult) -> None:
        here = call_results.c
        row = {
            "call": clean(result.call),
            "user_id": result.user,
            "at": result.at,
            "outcome": clean(result.outcome),
            "outcomes": clean(result.outcomes),
            "queue": clean(result.queue),
            "customer_id": result.customer,
            "number": clean(result.number),
        }
        same = and_(here.call == row["call"], here.user_id == result.user)

        await self._db.write(
            lambda connection: (
                connection.execute(delete(call_results).where(same)),
                connection.execute(insert(call_results), row),
            )
        )

    async def of_call(self, call: str, user: int) -> CallResult | None:
        here = call_results.c
        wanted = select(call_results).where(here.call == call, here.user_id == user)
        row = await self._db.read(lambda connection: connection.execute(wanted).first())
        if row is None:
            return None
        return CallResult(
            row.call, row.user_id, row.outcome, row.at, row.queue, row.outcomes, row.customer_id, row.number
        )

    async def counts(self, *, since: datetime, until: datetime, user: int | None = None) -> dict[str, int]:
        here = call_results.c
        wanted = select(here.outcome, func.count().label("n")).where(here.at >= since, here.at < until)
        if user is not None:
            wanted = wanted.where(here.user_id == user)
        wanted = wanted.group_by(here.outcome).order_by(func.count().desc(), here.outcome)
        return await self._db.read(lambda connection: {row.outcome: row.n for row in connection.execute(wanted)})
