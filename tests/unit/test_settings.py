"""Every fault in the settings is told in one go, with its line."""

from pathlib import Path

import pytest

from cti.settings import BadSettings, load


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
