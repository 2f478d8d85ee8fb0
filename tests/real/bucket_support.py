"""A bucket on this machine: S3 as moto has it, behind a proxy that speaks TLS."""

import datetime as dt
import os
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import quote

import boto3
from botocore.exceptions import BotoCoreError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from caisson.systems.pgbackrest.repository import Access
from caisson.targets.local.binaries import find
from caisson.targets.local.supervision import Supervisor
from caisson.targets.local.wire import ProcessSpec

# pgBackRest speaks nothing but TLS to a bucket, and moto's own ends connections rudely.
PROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend bucket
  bind 127.0.0.1:{port} ssl crt both.pem
  default_backend moto
backend moto
  server moto 127.0.0.1:{behind}
"""


ACCESS = Access("id", "of the tests")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def certificate(folder: Path) -> Path:
    """Write one for `localhost` with its key; the path of what others trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(private + signed)
    (folder / "trusted.pem").write_bytes(signed)
    return folder / "trusted.pem"


def bucket(supervisor: Supervisor, root: Path, name: str) -> str:
    """Start what it takes below `root`; the query of the URL by which the bucket is opened."""
    port, behind = free_port(), free_port()
    trusted = certificate(root)
    (root / "proxy.cfg").write_text(PROXY.format(port=port, behind=behind))
    moto = str(Path(sys.executable).with_name("moto_server"))
    _start(supervisor, root, "moto", moto, "-H", "127.0.0.1", "-p", str(behind))
    _start(supervisor, root, "proxy", str(find("haproxy").path), "-db", "-f", "proxy.cfg")
    make_bucket(name, behind)
    return f"region=us-east-1&endpoint=localhost:{port}&style=path&ca={quote(str(trusted))}"


def _start(supervisor: Supervisor, root: Path, name: str, *argv: str) -> None:
    supervisor.start(
        ProcessSpec(
            id=name,
            site="bucket",
            argv=argv,
            env=dict(os.environ),
            cwd=root,
            log=root / f"{name}.log",
            stop_signal=signal.SIGTERM,
            restart=False,
        )
    )


def make_bucket(name: str, port: int) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=ACCESS.user,
        aws_secret_access_key=ACCESS.secret,
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            s3.create_bucket(Bucket=name)
        except (BotoCoreError, OSError):
            assert time.monotonic() < deadline
        else:
            return
