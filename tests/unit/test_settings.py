"""Every fault in the settings is told in one go, with its line."""

from pathlib import Path

import pytest

from cti.settings import BadSettings, load, phone_secrets_of


def write(folder: Path, text: str) -> Path:
    path = folder / "cti.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_the_shipped_file_has_one_fault_which_is_the_secret_to_be_made(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "config/cti.toml").read_text(encoding="utf-8")
    with pytest.raises(BadSettings) as bad:
        load(write(tmp_path, text))
    assert [fault.key for fault in bad.value.faults] == ["switch.secret_file"]

    secret = tmp_path / "ami.secret"
    secret.write_text("s3cret")
    secret.chmod(0o600)
    settings = load(write(tmp_path, text.replace("/etc/cti/ami.secret", str(secret))))
    assert settings.site.time_zone == "Asia/Shanghai"


def test_all_faults_are_told_with_their_lines(tmp_path: Path) -> None:
    text = """[site]
region = "XX"
time_zone = "Mars/Olympus"
[switch]
port = 99999
hots = "127.0.0.1"
secret = "a"
[web]
port = "http"
[pop]
lookup_budget_seconds = 60
[flavour]
"""
    with pytest.raises(BadSettings) as bad:
        load(write(tmp_path, text))
    told = {(fault.line, fault.key) for fault in bad.value.faults}
    assert told >= {
        (5, "switch.port"),
        (6, "switch.hots"),
        (4, "switch.username"),
        (9, "web.port"),
        (11, "pop.lookup_budget_seconds"),
        (12, "flavour"),
    }


def test_faults_that_types_cannot_see_are_told_too(tmp_path: Path) -> None:
    text = """[site]
region = "XX"
time_zone = "Mars/Olympus"
[switch]
username = "cti"
host = "10.0.0.5"
secret = "a"
[web]
host = "0.0.0.0"
origins = ["cti.example.cn"]
[database]
url = "mysql://x/y"
"""
    with pytest.raises(BadSettings) as bad:
        load(write(tmp_path, text))
    assert {fault.key for fault in bad.value.faults} == {
        "site.region",
        "site.time_zone",
        "switch.tls",
        "web.origins",
        "web.behind_tls",
        "database.url",
    }
    assert all(fault.line for fault in bad.value.faults if fault.key != "switch.tls")


def test_a_secret_that_others_may_read_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, '[switch]\nusername = "cti"\nsecret = "a"\n')
    path.chmod(0o644)
    with pytest.raises(BadSettings, match="others may read"):
        load(path)


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="line 2"):
        load(write(tmp_path, "[switch]\nusername =\n"))


PHONES = """[switch]
username = "cti"
secret = "a"
web_socket = "{socket}"
[phones]
secrets_file = "{file}"
"""


def phone_secrets(folder: Path, text: str, *, mode: int = 0o600) -> Path:
    path = folder / "phones.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_phones_in_the_browser(tmp_path: Path) -> None:
    file = phone_secrets(tmp_path, '1101 = "long enough"\n')
    settings = load(write(tmp_path, PHONES.format(socket="ws://127.0.0.1:8088/ws", file=file)))

    assert phone_secrets_of(settings.phones) == {"1101": "long enough"}
    assert settings.phones.wait_seconds == 20


@pytest.mark.parametrize(
    ("socket", "secrets", "mode", "key", "problem"),
    [
        ("ws://10.0.0.5:8088/ws", '1101 = "long enough"', 0o600, "switch.web_socket", "another machine"),
        ("http://127.0.0.1", '1101 = "long enough"', 0o600, "switch.web_socket", "write it like"),
        ("ws://127.0.0.1:8088/ws", '1101 = "long enough"', 0o644, "phones.secrets_file", "others may read"),
        ("ws://127.0.0.1:8088/ws", '1101 = "hush"', 0o600, "phones.secrets_file", "8 characters"),
        ("ws://127.0.0.1:8088/ws", 'anna = "long enough"', 0o600, "phones.secrets_file", "no extension"),
        ("ws://127.0.0.1:8088/ws", '1101 = "long enough', 0o600, "phones.secrets_file", "no TOML"),
    ],
)
def test_what_is_wrong_with_phones_is_told(
    tmp_path: Path, socket: str, secrets: str, mode: int, key: str, problem: str
) -> None:
    file = phone_secrets(tmp_path, secrets, mode=mode)
    with pytest.raises(BadSettings) as bad:
        load(write(tmp_path, PHONES.format(socket=socket, file=file)))

    (fault,) = bad.value.faults
    assert fault.key == key
    assert problem in fault.problem
    assert "long enough" not in fault.problem


def test_phones_without_their_passwords_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as bad:
        load(write(tmp_path, PHONES.format(socket="ws://127.0.0.1:8088/ws", file="")))
    assert [fault.key for fault in bad.value.faults] == ["phones.secrets_file"]


def test_queues_are_told_apart_and_have_defaults(tmp_path: Path) -> None:
    head = '[switch]\nusername = "cti"\nsecret = "a"\n'
    settings = load(
        write(tmp_path, head + '[[queue]]\nname = "support"\nwrap_up = "timed"\n[[queue]]\nname = "sales"\n')
    )
    assert [(queue.name, queue.wrap_up, queue.wrap_up_seconds) for queue in settings.queue] == [
        ("support", "timed", 60.0),
        ("sales", "none", 60.0),
    ]
    assert settings.agents.not_ready_reasons[0].code == "break"
    assert load(write(tmp_path, head)).queue == ()

    with pytest.raises(BadSettings) as bad:
        load(write(tmp_path, head + '[[queue]]\nname = "a b"\n[[queue]]\nname = "x"\nwrap_up = "never"\n'))
    assert [fault.key for fault in bad.value.faults] == ["queue", "queue"]
    with pytest.raises(BadSettings) as twice:
        load(write(tmp_path, head + '[[queue]]\nname = "x"\n[[queue]]\nname = "x"\n'))
    assert "twice" in str(twice.value)
