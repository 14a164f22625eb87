"""What may stand in [[source]], and what becomes of an address with a number put in."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from cti.settings import BadSettings, load
from cti.sources import AnySource, Outgoing, faults_of_sources, fill, forms_of

OUTGOING = Outgoing(hosts=("crm.example.cn",), private_hosts=("10.0.0.8", "crm.intern"))


def source(**fields: Any) -> AnySource:
    given = {"kind": "http_json", "name": "crm", "url": "https://crm.example.cn/c?phone={e164}", **fields}
    return msgspec.convert({key: value for key, value in given.items() if value is not None}, AnySource)


def sql(**fields: Any) -> AnySource:
    query = "SELECT id, name FROM customers WHERE phone = :national"
    return source(**{"kind": "sql", "url": "postgresql://reader@crm.intern/crm", "query": query, **fields})


def test_what_the_documentation_shows_is_right(tmp_path: Path) -> None:
    sources = [
        source(link="https://crm.example.cn/customers/{id}", field=[{"at": "/level", "zh": "等级"}]),
        sql(name="erp"),
        source(kind="csv_folder", name="list", url=None, folder=str(tmp_path), numbers=["phone"]),
        source(kind="plugin", name="own", url=None, plugin="acme", options={"depth": 3}),
    ]
    assert list(faults_of_sources(sources, OUTGOING)) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (source(url="https://elsewhere.cn/{e164}"), "elsewhere.cn may not be asked"),
        (source(url="http://crm.example.cn/{e164}"), "unencrypted"),
        (source(url="ftp://crm.example.cn/{e164}"), "must be written like"),
        (source(url="https://crm.example.cn:port/{e164}"), "must be written like"),
        (source(url="https://{digits}.example.cn/"), "no place for a number"),
        (source(url="https://me:secret@crm.example.cn/{e164}"), "no user"),
        (source(url="https://crm.example.cn/{phone}"), "{phone} is unknown"),
        (source(url="https://crm.example.cn/all"), "must say where the number goes"),
        (source(url="https://169.254.169.254/{e164}"), "private_hosts"),
        (source(link="javascript:alert({id})"), "must be written like"),
        (source(auth="bearer"), "needs secret_file"),
        (source(auth="none", secret_env="PATH"), "uses no secret_file"),
        (source(auth="basic", secret_env="PATH"), "needs user"),
        (source(auth="bearer", secret_env="CTI_NOT_SET"), "is not set"),
        (source(records="data"), "JSON pointer"),
        (source(field=[{"at": "level"}]), "JSON pointer"),
        (source(field=[{"at": "/a"}, {"at": "/a"}]), "twice"),
        (source(give_up_seconds=0.2), "give_up_seconds"),
        (source(pause_seconds=1, give_up_seconds=2), "pause_seconds"),
        (source(test_number="13800138000"), "+8613800138000"),
        (sql(query="DELETE FROM customers WHERE phone = :e164"), "begin with SELECT"),
        (sql(query="SELECT id, name FROM customers"), "must ask for"),
        (sql(query="SELECT '1'::e164"), "must ask for"),
        (sql(url="postgresql://reader:secret@crm.intern/crm"), "no password"),
        (sql(url="oracle://reader@crm.intern/crm"), "must be written like"),
        (sql(url="mysql://reader@10.0.0.9/crm"), "10.0.0.9 may not be asked"),
        (source(kind="csv_folder", url=None, folder="/no/such", numbers=["phone"]), "is no folder"),
    ],
)
def test_a_fault_is_told_in_a_sentence(wrong: AnySource, says: str) -> None:
    faults = list(faults_of_sources([wrong], OUTGOING))
    assert len([fault for fault in faults if says in fault]) == 1, faults


def test_the_file_tells_a_faulty_source_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "cti.toml"
    path.write_text(
        '[switch]\nusername = "cti"\nsecret = "not a secret"\n[[source]]\nkind = "http_json"\nname = "crm"\n'
        'url = "https://crm.example.cn/{e164}"\n'
    )
    path.chmod(0o600)
    with pytest.raises(BadSettings) as caught:
        load(path)
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [(4, "source")]


@pytest.mark.parametrize(
    ("e164", "national"),
    [("+8613800138000", "13800138000"), ("+8657188886666", "057188886666"), ("+390612345678", "0612345678")],
)
def test_numbers_are_given_as_other_systems_have_them(e164: str, national: str) -> None:
    assert forms_of(e164) == {"e164": e164, "national": national, "digits": e164[1:]}


@given(st.text(max_size=40))
def test_what_is_put_into_an_address_stays_where_it_was_put(value: str) -> None:
    value = value.encode("utf-8", "ignore").decode()
    url = URL(
        fill("https://crm.example.cn/customers/{id}/card?phone={e164}", {"id": value, "e164": value}), encoded=True
    )
    assert (url.host, url.scheme, url.raw_fragment) == ("crm.example.cn", "https", "")
    assert len(url.raw_path.split("/")) == 4
    assert dict(url.query) == {"phone": value}
