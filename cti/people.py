"""Makes people who may log in, from the command line."""

from typing import cast, get_args

from cti.app import database_of
from cti.ports import NameTaken, UserRole
from cti.settings import Settings
from cti.storage.users import SqlUsers
from cti.web.passwords import Passwords, made_up


class PersonRefused(Exception):
    """Such a person cannot be made; the text says why."""


async def add_person(settings: Settings, name: str, *, display_name: str, role: str, device: str) -> str:
    """Keep a new person and return the password, which must be changed at the first log-in."""
    if role not in get_args(UserRole):
        raise PersonRefused(f"there is no role {role}; there are {', '.join(get_args(UserRole))}")
    password, passwords = made_up(), Passwords()
    try:
        async with database_of(settings) as db:
            await SqlUsers(db).create(
                name.strip().lower(),
                display_name=display_name,
                role=cast(UserRole, role),
                device=device,
                password_hash=await passwords.hash(password),
            )
    except NameTaken:
        raise PersonRefused(f"there is a user {name} already") from None
    finally:
        passwords.close()
    return password
