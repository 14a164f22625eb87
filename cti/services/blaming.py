"""What a log may tell of an error that came from outside."""

import traceback


def blame(error: Exception) -> dict[str, str]:
    """Return what a log may tell of *error*: its kind and where, not its text, which may quote a customer's data."""
    return {"error": type(error).__name__, "where": "".join(traceback.format_tb(error.__traceback__)[-3:])}
