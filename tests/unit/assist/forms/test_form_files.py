"""Form files, and everything that can be wrong with one."""

import pytest

from cti.assist.faults import Fault, is_bad
from cti.assist.forms.compiling import compile_form
from cti.assist.forms.model import Form, Tree
from cti.assist.forms.schema import schema_of
from cti.assist.forms.trees import compile_tree

HEAD = 'title = { zh = "表单", en = "Form" }\n'
ONE = '{ value = "x", zh = "一", en = "One" }'
TREE = """# places
levels: 省份 | Province > 城市 | City
浙江省 | Zhejiang
  杭州市 | Hangzhou
  宁波市 | Ningbo
北京市 | Beijing
"""


def tree() -> Tree:
    found, faults = compile_tree("places", "places.txt", TREE)
    assert found is not None
    assert not faults
    return found


def compiled(text: str) -> Form:
    form, faults = compile_form("x", "x.toml", HEAD + text, trees={"places": tree()})
    assert form is not None, "\n".join(map(str, faults))
    return form


def faults_in(text: str, customer: set[str] | None = None) -> tuple[Fault, ...]:
    form, faults = compile_form("x", "x.toml", text, trees={"places": tree()}, customer=customer)
    assert (form is None) == is_bad(faults)
    return faults


def field(more: str, name: str = "a") -> str:
    return f'[[field]]\nname = "{name}"\nlabel = {{ zh = "甲", en = "A" }}\n{more}\n'


def test_a_form_is_what_its_file_says() -> None:
    form = compiled(
        field('type = "choice"\nchoices = [{ value = "x", zh = "一", en = "One" }]')
        + field('show_if = "a = x"\nrequired = true\ncheck = "cn_id"\nfills = "id_number"', "b")
    )
    assert [each.name for each in form.fields] == ["a", "b"]
    schema = schema_of(form)
    assert schema["properties"]["b"]["x-show-if"] == {"field": "a", "op": "=", "value": "x"}
    assert schema["properties"]["b"]["x-labels"] == {"zh": "甲", "en": "A"}
    assert schema["allOf"][0]["then"] == {"required": ["b"]}


def test_the_version_is_that_of_the_text() -> None:
    text = field("")
    assert compiled(text).version == compiled(text).version
    assert compiled(text).version != compiled(text + "# a word\n").version


@pytest.mark.parametrize(
    ("more", "code", "line"),
    [
        ('type = "colour"', "wrong_value", 5),
        ('colour = "red"', "unknown_key", 5),
        ("required = 1", "wrong_value", 5),
        ("min = 1", "not_for_type", 5),
        ('type = "integer"\nmin = 3\nmax = 2', "upside_down", 6),
        ('type = "date"\nmin = "soon"', "wrong_value", 6),
        ('type = "date"\nmin = 2027-01-01\nmax = "2026-01-01"', "upside_down", 6),
        ("min_length = 300", "upside_down", 5),
        ('pattern = "("', "bad_pattern", 5),
        ("pattern = '(?P<x>a)'", "bad_pattern", 5),
        ("pattern = '(a+)+'", "unsafe_pattern", 5),
        ('check = "passport"', "unknown_check", 5),
        ('type = "choice"', "no_choices", 2),
        (
            f'type = "choice"\nchoices = [\n{ONE},\n{ONE},\n]',
            "twice",
            8,
        ),
        ('type = "choice"\nchoices = [{ value = "x", zh = "一" }]', "missing_language", 6),
        ('type = "tree"', "no_tree", 2),
        ('type = "tree"\ntree = "moon"', "unknown_tree", 6),
        ('show_if = "b = 1"', "condition_name", 5),
        ('show_if = "a = 1"', "condition_later", 5),
        ('show_if = "a = = 1"', "condition_syntax", 5),
        ('fills = "shoe_size"', "unknown_field", 5),
    ],
)
def test_a_fault_is_told_with_its_line(more: str, code: str, line: int) -> None:
    found = faults_in(HEAD + field(more), customer={"name"})
    assert [(fault.code, fault.place.line) for fault in found] == [(code, line)]
    assert found[0].said("zh")
    assert found[0].said("en")


@pytest.mark.parametrize(
    ("of", "condition"),
    [
        ('type = "choice"\nchoices = [{ value = "x", zh = "一", en = "One" }]', "a = y"),
        ('type = "yes_no"', "a = 3"),
        ('type = "integer"', "a = many"),
        ('type = "date"', "a < tomorrow"),
        ('type = "text"', "a < 3"),
        ('type = "tree"\ntree = "places"', "a = 浙江省"),
    ],
)
def test_a_condition_that_cannot_be_is_a_fault(of: str, condition: str) -> None:
    found = faults_in(HEAD + field(of) + field(f'show_if = "{condition}"', "b"))
    assert [fault.code for fault in found] == ["condition_value"]


def test_all_faults_are_told_in_one_go() -> None:
    found = faults_in(
        'title = { zh = "表单" }\n'
        + field('check = "x"')
        + field("pattern = '('")
        + field('type = "number"\nmax_length = 3', "C")
    )
    assert [fault.code for fault in found] == [
        "missing_language", "unknown_check", "twice", "bad_pattern", "wrong_name", "not_for_type",
    ]  # fmt: skip
    assert str(found[1]).startswith("x.toml:5:1: error: there is no check x; there are cn_id, cn_mobile, email,")


def test_a_file_without_fields_or_syntax() -> None:
    assert [fault.code for fault in faults_in(HEAD)] == ["no_fields"]
    assert [fault.code for fault in faults_in("title = ")] == ["syntax"]
    assert {fault.code for fault in faults_in("field = 3\n")} == {"missing_key", "wrong_value", "no_fields"}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "missing_key", 1),
        ("levels: a\n", "tree_empty", 1),
        ("levels: a > b\nx\n   y\n", "tree_indent", 3),
        ("levels: a > b\n  x\n", "tree_indent", 2),
        ("levels: a > b\nx\n  y\n    z\n", "tree_indent", 4),
        ("levels: a\nx\nx\n", "twice", 3),
    ],
)
def test_a_fault_in_a_tree(text: str, code: str, line: int) -> None:
    found, faults = compile_tree("t", "t.txt", text)
    assert found is None
    assert (code, line) in [(fault.code, fault.place.line) for fault in faults]


def test_a_tree_goes_down_by_level() -> None:
    places = tree()
    assert [branch.zh for branch in places.branches] == ["浙江省", "北京市"]
    below = places.below(("浙江省",))
    assert below is not None
    assert [branch.en for branch in below] == ["Hangzhou", "Ningbo"]
    assert places.below(("北京市",)) == ()
    assert places.below(("浙江省", "北京市")) is None
