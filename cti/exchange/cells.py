"""Text in a cell of a spreadsheet: never a formula when written, and the same text again when read."""

import re

# What spreadsheets take for the start of a formula; some take the full-width ones too.
RISKY = "=+-@\t\r\n＝＋－＠"
MARKED = frozenset((*RISKY, "'", ""))  # a cell that begins with none of these is what it looks like
_ESCAPED = re.compile(rf"'+[{re.escape(RISKY)}]")
_FORMULA = re.compile(r"[=＝]|[+\-@＋－＠]\s*[A-Za-z_.]*\s*[(（|!]|[+\-]?[A-Za-z]+\|")


def safe(text: str) -> str:
    """Return *text* such that no spreadsheet runs it; read() gives *text* back."""
    if text and (text[0] in RISKY or (text[0] == "'" and _ESCAPED.match(text))):
        return f"'{text}"
    return text


def read(cell: str) -> str:
    """Return what safe() made *cell* of; other text as it is."""
    return cell[1:] if cell[:1] == "'" and _ESCAPED.match(cell) else cell


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet would run *cell*, as it stands in a file. A number such as +86 138... is none."""
    return bool(cell) and cell[0] in RISKY and _FORMULA.match(cell.lstrip()) is not None
