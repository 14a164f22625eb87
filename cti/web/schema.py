"""Writes the types of all messages in TypeScript, for the screens: `python -m cti.web.schema [--check]`."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from cti.staff import AuditAction
from cti.web import api, api_after, api_forms, api_people, messages

APIS = (api, api_people, api_after, api_forms)  # each with its FORMS and ANSWERS
TARGET = Path(__file__).parent / "ui" / "src" / "lib" / "messages.ts"

Schema = Mapping[str, Any]

_HEAD = """\
// Made by `python -m cti.web.schema` from cti/web/messages.py and the api*.py beside it. Do not edit.
"""


def typescript() -> str:
    """Return the whole file."""
    out = [_HEAD]
    for name in sorted(n for n in vars(messages) if n.startswith(("CLOSE_", "MAX_"))):
        out.append(f"export const {name} = {getattr(messages, name)}\n")
    out.append(_literal("RefusalCode", messages.RefusalCode))
    out.append(_literal("HttpRefusalCode", api.HttpRefusalCode))
    out.append(_literal("AuditAction", AuditAction))

    _, sent = _components([messages.ScreenCommand, *(form for each in APIS for form in each.FORMS)])
    _, got = _components([messages.ScreenMessage, *(one for each in APIS for one in each.ANSWERS)])
    for name, schema in sorted({**sent, **got}.items()):
        out.append(_interface(name, schema, all_required=name in got))
    out.append(_union("ScreenCommand", get_args(messages.ScreenCommand)))
    sequenced = "\n  | ".join(member.__name__ for member in get_args(messages.ScreenMessage))
    out.append(f"export type ScreenMessage = {{ seq: number }} & (\n  | {sequenced}\n)\n")
    return "\n".join(out)


def main(arguments: list[str]) -> int:
    text = typescript()
    if "--check" in arguments:
        current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
        if current != text:
            print(f"{TARGET} is not what the messages say: run python -m cti.web.schema", file=sys.stderr)
            return 1
        return 0
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    print(f"wrote {TARGET}")
    return 0


def _components(types: Iterable[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return msgspec.json.schema_components(types, ref_template="{name}")


def _literal(name: str, literal: Any) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | {json.dumps(value)}" for value in get_args(literal)) + "\n"


def _union(name: str, members: Iterable[type]) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | {member.__name__}" for member in members) + "\n"


def _interface(name: str, schema: Schema, *, all_required: bool) -> str:
    """Return *schema* as an interface. The service always writes every field, so what it sends has no optional ones."""
    lines = []
    if "description" in schema:
        lines.append("/** " + " ".join(schema["description"].split()) + " */")
    lines.append(f"export interface {name} {{")
    required = set(schema.get("required", ()))
    for field, of in schema["properties"].items():
        optional = "" if all_required or field in required else "?"
        lines.append(f"  {field}{optional}: {_type(of)}")
    lines.append("}\n")
    return "\n".join(lines)


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": name}:
            return str(name)
        case {"enum": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"anyOf": alternatives}:
            return " | ".join(_type(alternative) for alternative in alternatives)
        case {"type": "array", "items": items}:
            inner = _type(items)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case {"type": "object", "additionalProperties": values}:
            return f"Record<string, {_type(values)}>"
        case {"type": "string"}:
            return "string"
        case {"type": "integer" | "number"}:
            return "number"
        case {"type": "boolean"}:
            return "boolean"
        case {"type": "null"}:
            return "null"
        case {"type": "object"}:
            return "Record<string, unknown>"
        case _ if not schema:
            return "unknown"
    raise ValueError(f"no TypeScript for {schema}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
