"""What the service and the screens say of the same values: tests/forms.test.ts of the screens reads this file too."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cti.assist.checks import CHECKS, cn_id
from cti.assist.forms.compiling import compile_form
from cti.assist.forms.model import Form
from cti.assist.forms.schema import schema_of, tree_of
from cti.assist.forms.trees import compile_tree
from cti.assist.forms.validation import validate
from cti.assist.texts import ERRORS

ROOT = Path(__file__).resolve().parents[4]
CASES: dict[str, Any] = json.loads((ROOT / "tests" / "cases" / "forms.json").read_text(encoding="utf-8"))
TODAY = date.fromisoformat(CASES["today"])


@pytest.fixture(scope="module")
def form() -> Form:
    tree, _ = compile_tree("places", "places.txt", CASES["tree"])
    assert tree is not None
    assert tree_of(tree) == CASES["trees"]["places"]
    form, faults = compile_form("sample", "sample.toml", CASES["form"], trees={"places": tree})
    assert form is not None, faults
    return form


def test_the_schema_is_the_one_that_the_screens_are_tested_with(form: Form) -> None:
    schema = schema_of(form)
    schema.pop("$id")
    assert json.loads(json.dumps(schema)) == CASES["schema"]


@pytest.mark.parametrize("case", CASES["cases"], ids=[case["name"] for case in CASES["cases"]])
def test_values(form: Form, case: dict[str, Any]) -> None:
    found = validate(form, case["values"], today=TODAY).errors
    assert [
        {"path": error.path, "code": error.code, "values": dict(error.values), "at": error.at} for error in found
    ] == case["errors"]


@pytest.mark.parametrize("case", CASES["checks"], ids=[f"{case['check']} {case['text']}" for case in CASES["checks"]])
def test_checks(case: dict[str, Any]) -> None:
    name, text = case["check"], case["text"]
    wrong = cn_id(text, today=TODAY) if name == "cn_id" else CHECKS[name].wrong(text)
    assert (None if wrong is None else {"code": wrong.code, "at": wrong.at}) == case["wrong"]


@pytest.mark.parametrize(("language", "index"), [("en", 0), ("zh", 1)])
def test_the_screens_say_what_the_service_says(language: str, index: int) -> None:
    texts = (ROOT / "cti/web/ui/src/lib" / f"{language}.forms.ts").read_text(encoding="utf-8")
    missing = [code for code, words in ERRORS.items() if f"'field.{code}': '{words[index]}'," not in texts]
    assert missing == []
