"""Digest authentication, by the examples of the RFCs."""

import msgspec
import pytest

from cti.web.sip_digest import BadCredentials, Credentials, read_credentials

RFC_7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
MD5 = "8ca523f5e9506fed4657c9700eebdbec"
SHA256 = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
RFC_2617 = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)


@pytest.mark.parametrize(("algorithm", "response"), [("MD5", MD5), ("SHA-256", SHA256), ("sha-256", SHA256)])
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    given = read_credentials(RFC_7616.format(algorithm=algorithm, response=response))

    assert given.proves("GET", "Circle of Life")
    assert not given.proves("POST", "Circle of Life")
    assert not given.proves("GET", "Circle of Death")


def test_the_example_of_rfc_2617_which_names_no_algorithm() -> None:
    assert read_credentials(RFC_2617).proves("GET", "Circle Of Life")


def test_what_is_written_anew_answers_the_same_challenge_with_another_password() -> None:
    given = read_credentials(RFC_7616.format(algorithm="MD5", response=MD5))
    anew = read_credentials(given.header("GET", "other"))

    assert anew.proves("GET", "other")
    assert msgspec.structs.replace(anew, response=given.response) == given


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic TXVmYXNhOkNpcmNsZQ==",
        "Bearer x",
        RFC_2617.replace("qop=auth", "qop=auth-int"),
        RFC_2617.replace("qop=auth, ", ""),
        RFC_2617.replace('cnonce="0a4f113b"', 'cnonce="0a4f\\"113b"'),
        RFC_2617.replace("nc=00000001", "nc=1"),
        RFC_2617 + ', username="other"',
        RFC_2617 + ", algorithm=MD5-sess",
        RFC_2617 + ", algorithm=SHA-512-256",
        RFC_2617 + " nonsense",
        RFC_2617.replace("6629fae4", "6629FAE4"),
        RFC_2617.replace('"6629fae49393a05397450978507c4ef1"', '""'),
    ],
)
def test_anything_else_is_refused_without_being_repeated(value: str) -> None:
    with pytest.raises(BadCredentials) as refused:
        read_credentials(value)
    assert "Mufasa" not in str(refused.value)


def test_a_quoted_qop_and_unknown_parameters_are_understood() -> None:
    given = read_credentials(RFC_2617.replace("qop=auth", 'qop="auth"') + ', userhash="false"')
    assert given.proves("GET", "Circle Of Life")
    assert "userhash" not in given.header("GET", "x")


def test_credentials_survive_odd_but_legal_values() -> None:
    given = Credentials("1101", "asterisk", "1795517741/db26=", "sip:5000@asterisk", "", "00000002", "a+b/c=")
    assert read_credentials(given.header("INVITE", "päß")).proves("INVITE", "päß")
