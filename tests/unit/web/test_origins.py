import pytest

from cti.web.origins import is_own_origin

ALLOWED = frozenset({"https://cti.example.cn"})


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://LOCALHOST:8080", "localhost:8080", True),
        ("https://desk.example", "desk.example", True),
        ("https://desk.example:443", "desk.example", True),
        ("http://desk.example", "desk.example:80", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("https://cti.example.cn", "10.0.0.5:8080", True),
        ("http://127.0.0.1:8081", "127.0.0.1:8080", False),
        ("http://desk.example", "desk.example:8080", False),
        ("https://desk.example.evil", "desk.example", False),
        ("https://evil.example/desk.example", "desk.example", False),
        ("ftp://desk.example", "desk.example", False),
        ("http://[::1", "[::1]:8080", False),
        ("http://x:99999999", "x:1", False),
        ("null", "null", False),
        ("", "", False),
        ("http://", "", False),
        (None, "desk.example", False),
    ],
)
def test_origins(origin: str | None, host: str, own: bool) -> None:
    assert is_own_origin(origin, host, ALLOWED) is own
