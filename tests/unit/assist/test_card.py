import pytest

from cti.assist.card import CardState, chosen_of, state_of


@pytest.mark.parametrize(
    ("found", "hidden", "internal", "failed", "state"),
    [
        (None, False, False, False, "looking"),
        (None, False, False, True, "failed"),
        ([], False, False, False, "unknown"),
        ([7], False, False, False, "known"),
        ([7, 8], False, False, False, "several"),
        ([], True, False, False, "hidden"),
        (None, True, False, True, "hidden"),
        (None, False, True, False, "internal"),
    ],
)
def test_the_state_of_a_card(
    found: list[int] | None, hidden: bool, internal: bool, failed: bool, state: CardState
) -> None:
    assert state_of(found, hidden=hidden, internal=internal, failed=failed) == state


@pytest.mark.parametrize(
    ("found", "choice", "chosen"),
    [
        (None, None, None),
        ([], None, None),
        ([], 7, None),
        ([7], None, 7),
        ([7], 8, 7),
        ([7, 8], None, None),
        ([7, 8], 8, 8),
        ([7, 8], 9, None),
    ],
)
def test_whom_a_card_is_about(found: list[int] | None, choice: int | None, chosen: int | None) -> None:
    assert chosen_of(found, choice) == chosen
