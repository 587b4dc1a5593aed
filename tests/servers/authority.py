"""A certificate authority of a test's own, and what it signs, as files in a folder."""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class Authority:
    """``ca.pem`` is its own certificate."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA(organization_name="An authority of our own")
        self._folder = folder
        self.bundle = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(self.bundle)

    def sign(self, name: str, host: str = "127.0.0.1") -> tuple[Path, Path]:
        """A certificate for ``host`` and its key, ``NAME.pem`` and ``NAME.key``."""
        signed = self._ca.issue_cert(host)
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        signed.cert_chain_pems[0].write_to_path(certificate)
        # PKCS #8, the one form that Java reads too.
        secret = load_pem_private_key(signed.private_key_pem.bytes(), None)
        key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, key
