"""Fills a new database for the demo: run in .venv with the database's URL; prints what it made as JSON."""

import asyncio
import json
import secrets
import sys
from typing import Literal

from cti.ports import CustomerNumber, NewCustomer
from cti.staff import ProfileChange
from cti.storage.customers import SqlDirectory
from cti.storage.opening import open_database
from cti.storage.staff import SqlStaff
from cti.storage.users import SqlUsers
from cti.web.passwords import Passwords

PEOPLE: list[tuple[str, str, Literal["agent", "supervisor", "admin"], str]] = [
    ("anna", "安娜", "agent", "PJSIP/1001"),
    ("bo", "李博", "agent", "PJSIP/1002"),
    ("susan", "苏珊", "supervisor", "PJSIP/1901"),
    ("admin", "管理员", "admin", ""),
]

TEAM, QUEUES = "一组", ("support", "sales")

CUSTOMERS = [
    ("王小明", "13800138000", "上海浦江贸易有限公司", ("重要客户",), "喜欢下午接电话"),
    ("李娜", "13800138001", "", ("新客户",), ""),
    ("张伟", "13911112222", "北京天桥科技", ("续约",), "合同月底到期"),
    ("陈静", "13633334444", "广州珠江物流", (), ""),
    ("Zoë O'Brien", "13755556666", "O'Brien & Söhne", ("VIP", "English"), "Speaks English"),
]


async def main(url: str) -> None:
    db = await open_database(url)
    passwords = Passwords()
    try:
        users, directory, staff = SqlUsers(db), SqlDirectory(db), SqlStaff(db)
        await staff.make_team(TEAM)
        people = []
        for name, shown, role, device in PEOPLE:
            password = "-".join(secrets.token_hex(2) for _ in range(4))
            hashed = await passwords.hash(password)
            user = await users.create(
                name, display_name=shown, role=role, device=device, password_hash=hashed, must_change=False
            )
            if role in ("agent", "supervisor"):
                queues = dict.fromkeys(QUEUES, 0) if role == "agent" else {}
                await staff.change(user.id, ProfileChange(team=TEAM, queues=queues))
            people.append({"name": name, "password": password, "role": role, "device": device})
        for name, number, company, tags, note in CUSTOMERS:
            numbers = (CustomerNumber(f"+86{number}"),)
            await directory.register(NewCustomer(name, numbers, tags=tags, company=company, note=note))
    finally:
        passwords.close()
        await db.close()
    customers = [{"name": name, "number": number} for name, number, *_ in CUSTOMERS]
    print(json.dumps({"people": people, "customers": customers}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
