"""Where things stand in a TOML file."""

from cti.assist.places import Source

TEXT = (
    '''# a comment with [brackets] = and "quotes"
title = { zh = "登记", en = "x # y" }
list = [
  "a", # one
  { k = """
two ] lines""", m = 'it'''
    + """'},
  [1, 2],
]

[[field]]
name = "one"
"quoted key" = 2026-01-01

  [[field]]
  name = "two"
  [field.inner]
  deep.er = 1
[a.b]
c = 1
"""
)


def test_each_key_and_value_has_its_place() -> None:
    source = Source("x.toml", TEXT)
    assert source.is_toml

    def at(*path: str | int) -> tuple[int, int]:
        place = source.place(*path)
        return place.line, place.column

    assert at("title") == (2, 1)
    assert at("title", "en") == (2, 22)
    assert at("list", 0) == (4, 3)
    assert at("list", 1, "k") == (5, 5)
    assert at("list", 1, "m") == (6, 17)
    assert at("list", 2, 1) == (7, 7)
    assert at("field", 0) == (10, 1)
    assert at("field", 0, "quoted key") == (12, 1)
    assert at("field", 1) == (14, 3)
    assert at("field", 1, "name") == (15, 3)
    assert at("field", 1, "inner", "deep", "er") == (17, 3)
    assert at("a", "b", "c") == (19, 1)
    assert at("field", 1, "not", "there") == (14, 3)


def test_what_is_no_toml_is_told_with_its_place() -> None:
    source = Source("x.toml", 'a = 1\nb = "open\n')
    assert not source.is_toml
    assert str(source.faults.found[0]).startswith("x.toml:2:10: error: ")
    assert Source("x.toml", "a = [").faults.found[0].place.line == 1
