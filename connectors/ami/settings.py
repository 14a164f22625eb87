"""What must be known of an Asterisk to reach it, and how long to wait for it."""

import ssl

import msgspec


class Patience(msgspec.Struct, frozen=True):
    """How long the link waits, in seconds, and how often it asks."""

    connect: float = 5.0
    login: float = 5.0
    fully_booted: float = 30.0
    answer: float = 5.0  # to an action, unless it says otherwise
    snapshot: float = 10.0
    ping_every: float = 2.5
    silence: float = 9.5  # at the latest then, with pings unanswered and nothing else heard, the peer is gone
    sweep_every: float = 50.0  # and one more look at what is missed: no ghost lives a minute
    between_snapshots: float = 5.0  # a flood of forged frames must not keep us asking


class AmiSettings(msgspec.Struct, frozen=True):
    """One account on one Asterisk."""

    username: str
    secret: str
    host: str = "127.0.0.1"
    port: int = 5038
    systemname: str = ""  # of asterisk.conf; "" learns it from the first event of each connection
    tls: bool = False
    tls_ca_file: str = ""  # "" trusts what the machine trusts
    tls_server_name: str = ""  # in the certificate, where it is not *host*
    allow_faulty_release: bool = False
    attached: tuple[str, ...] = ()  # names of what the dialplan may attach to calls
    patience: Patience = Patience()

    def __repr__(self) -> str:
        """Never the secret: a repr ends up in logs."""
        return f"AmiSettings({self.username}@{self.host}:{self.port})"

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how to verify the peer, None for a plain connection; raise OSError if the CA file cannot be used."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.tls_ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context
