"""Customers of a database that somebody else owns: one query, by bound parameters, in a transaction that only reads."""

import ssl
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from connectors.crm.values import MOST_RECORDS, record_of_row
from cti.ports import SourceFailed, SourceRecord
from cti.sources import SqlSource, forms_of, secret_of

_DRIVERS = {"postgresql": "postgresql+asyncpg", "mysql": "mysql+asyncmy"}
_TOLD = {  # SQLSTATE of PostgreSQL, or error of MySQL and MariaDB -> what it means here
    "25006": "the query tries to write, which is not let through",
    "1792": "the query tries to write, which is not let through",
    "57014": "the query took too long and was stopped",
    "1969": "the query took too long and was stopped",
    "3024": "the query took too long and was stopped",
    "28P01": "the database does not take the user and the secret",
    "28000": "the database does not take the user and the secret",
    "1045": "the database does not take the user and the secret",
    "1698": "the database does not take the user and the secret",
    "3D000": "there is no database of that name",
    "1049": "there is no database of that name",
    "42501": "the user may not read what the query reads",
    "1142": "the user may not read what the query reads",
    "1143": "the user may not read what the query reads",
}
_OF_QUERY = ("42601", "42P01", "42703", "42883", "1054", "1064", "1146")  # their text speaks of the query alone


class SqlSourceReader:
    """A CustomerSource on PostgreSQL, or on MySQL and MariaDB (with asyncmy installed)."""

    def __init__(self, settings: SqlSource) -> None:
        self.name = settings.name
        self._settings = settings
        self._query = text(settings.query)
        self._takes = self._query._bindparams.keys()
        self._engine: AsyncEngine | None = None

    async def open(self) -> None:
        """Nothing is connected before it is needed."""

    async def by_number(self, e164: str) -> list[SourceRecord]:
        values = {name: value for name, value in forms_of(e164).items() if name in self._takes}
        try:
            async with self._made().connect() as connection:
                await self._keep_small(connection)
                async with connection.begin(), connection.stream(self._query, values) as result:
                    rows = await result.mappings().fetchmany(MOST_RECORDS)
        except DBAPIError as error:
            raise SourceFailed(_told(error.orig or error, away=error.connection_invalidated)) from None
        except asyncpg.PostgresError as error:  # raised as it is while rows are fetched
            raise SourceFailed(_told(error)) from None
        except SQLAlchemyError as error:
            raise SourceFailed(f"the query cannot be asked: {type(error).__name__}") from None
        except TimeoutError:
            raise
        except OSError as error:
            raise SourceFailed(f"the database cannot be reached: {error.strerror or type(error).__name__}") from None
        settings = self._settings
        missing = [
            at
            for at in (settings.id, settings.title, *(field.at for field in settings.field))
            if rows and at not in rows[0]
        ]
        if missing:
            raise SourceFailed(f"the query gives no column {', '.join(missing)}")
        return [record_of_row(dict(row), settings.id, settings.title, settings.field) for row in rows]

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()

    async def _keep_small(self, connection: AsyncConnection) -> None:
        """Have MySQL, which cannot be told so when connecting, stop long queries and send few rows."""
        if connection.dialect.name == "postgresql":
            return
        seconds = self._settings.give_up_seconds
        limit = f"max_statement_time = {seconds:.3f}"
        if not getattr(connection.dialect, "is_mariadb", False):
            limit = f"max_execution_time = {seconds * 1000:.0f}"
        await connection.exec_driver_sql(f"SET SESSION {limit}, sql_select_limit = {MOST_RECORDS}")
        await connection.commit()

    def _made(self) -> AsyncEngine:
        if self._engine is None:
            settings = self._settings
            try:
                secret = secret_of(settings)
            except (OSError, KeyError):
                raise SourceFailed("its secret cannot be read") from None
            url = make_url(settings.url)
            url = url.set(drivername=_DRIVERS[url.drivername], password=secret or None)
            try:
                engine = create_async_engine(
                    url,
                    pool_size=settings.most_at_once,
                    max_overflow=0,
                    pool_pre_ping=True,
                    pool_recycle=600,
                    connect_args=self._connecting(url.get_backend_name()),
                    hide_parameters=True,
                )
            except ModuleNotFoundError as error:
                raise SourceFailed(f"{error.name} is not installed: pip install 'cti[mysql]'") from None
            self._engine = engine.execution_options(postgresql_readonly=True)
        return self._engine

    def _connecting(self, backend: str) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {}
        if settings.ca_file:
            options["ssl"] = ssl.create_default_context(cafile=settings.ca_file)
        if backend == "postgresql":
            milliseconds = f"{settings.give_up_seconds * 1000:.0f}"
            options["server_settings"] = {
                "application_name": "cti",
                "default_transaction_read_only": "on",
                "statement_timeout": milliseconds,
                "idle_in_transaction_session_timeout": "60000",
            }
            return options
        options["charset"] = "utf8mb4"
        return {**options, "init_command": "SET SESSION TRANSACTION READ ONLY", "connect_timeout": 10}


def _told(error: BaseException, *, away: bool = False) -> str:
    """Say what went wrong. The text of most errors may quote a number, so that it is left out."""
    first = error.args[0] if error.args else ""
    code = str(first if isinstance(first, int) else getattr(error, "sqlstate", None) or "")  # MySQL's says more
    if code in _TOLD:
        return _TOLD[code]
    if code in _OF_QUERY:
        words = str(error.args[-1]).splitlines()[0]
        return f"the query is wrong: {words.rpartition('>: ')[2][:200]}"
    if away or code in ("2002", "2003", "2006", "2013"):
        return "the database cannot be reached"
    return f"the database refuses the query: {code if code.isalnum() and len(code) <= 5 else type(error).__name__}"
