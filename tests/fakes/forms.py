"""A centre whose customers are in a real database, with the forms and rules that are shipped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cti.content import Content
from cti.ports import Customer, CustomerMatch, CustomerNumber, NewCustomer, UserRole
from cti.services.forms import FormsKept
from cti.storage.customer_book import SqlCustomerBook
from cti.storage.customers import SqlDirectory
from cti.storage.drafts import SqlDrafts
from cti.storage.engine import Database
from cti.storage.form_book import SqlFormBook
from cti.storage.opening import open_database
from cti.storage.users import SqlUsers
from tests.fakes.centre import Agent, Centre, Directory, running

CONFIG = Path(__file__).resolve().parents[2] / "config"


class StoredDirectory(Directory):
    """Answers from the database."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self._sql = SqlDirectory(db)

    async def add(self, name: str, number: str, *, company: str = "") -> Customer:
        return (await self._sql.register(NewCustomer(name, (CustomerNumber(number),), company=company))).customer

    async def by_number(self, e164: str) -> list[CustomerMatch]:
        return await self._sql.by_number(e164)

    async def get(self, customer: int) -> Customer | None:
        return await self._sql.get(customer)

    async def register(self, customer: NewCustomer) -> CustomerMatch:
        return await self._sql.register(customer)


class FormDay(Centre):
    def __init__(self, *, db: Database, **settings: Any) -> None:
        content = Content(CONFIG)
        content.load()
        kept = FormsKept(SqlFormBook(db), SqlDrafts(db))
        super().__init__(content=content, directory=StoredDirectory(db), forms=kept, **settings)
        self.content = content
        self.book = SqlCustomerBook(db)
        self._stored_users = SqlUsers(db)

    async def person(
        self, name: str, *, extension: str = "", role: UserRole = "agent", must_change: bool = False
    ) -> Agent:
        """Return somebody who is logged in, and whom the database knows under the same id."""
        person = await super().person(name, extension=extension, role=role, must_change=must_change)
        stored = await self._stored_users.create(name, display_name=name.title(), role=role)
        known = await self.users.by_name(name)
        assert known is not None
        assert known.id == stored.id
        return person


@asynccontextmanager
async def form_day(folder: Path, **settings: Any) -> AsyncIterator[FormDay]:
    db = await open_database(f"sqlite:///{folder / 'cti.db'}", backups=folder / "backups")
    try:
        async with running(kind=FormDay, db=db, **settings) as centre:
            assert isinstance(centre, FormDay)
            yield centre
    finally:
        await db.close()
