"""Numbers of rows, and text and times as they are kept."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.storage.engine import Sql
from cti.storage.ids import new_id
from cti.storage.rows import LONGEST_TEXT, clean
from cti.storage.tables import from_micros, to_micros


def test_ids_grow_and_fit_into_what_both_engines_keep() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))
    assert 0 < made[0] < made[-1] < 2**63


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_microsecond(at: datetime) -> None:
    assert from_micros(to_micros(at)) == at


@given(st.datetimes(min_value=datetime(2000, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_every_zone(at: datetime, minutes: int) -> None:
    there = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert to_micros(there) == to_micros(there.astimezone(UTC))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_micros(datetime(2026, 1, 1))


@given(st.text(st.characters()))
def test_text_can_always_be_kept(text: str) -> None:
    kept = clean(text)
    assert "\0" not in kept
    assert len(kept.encode("utf-8").decode("utf-8")) <= LONGEST_TEXT
    assert clean(kept) == kept


def test_one_text_for_both_drivers() -> None:
    sql = Sql("SELECT $1, $12, $1")
    assert sql.sqlite == "SELECT ?1, ?12, ?1"
    assert sql.postgres == "SELECT $1, $12, $1"
