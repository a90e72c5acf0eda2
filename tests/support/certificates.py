"""Certificate authorities and certificates that a test makes for itself: good ones, and those with one fault.

    ca = Authority(tmp_path)
    lb = ca.issue("lb.example.com", "127.0.0.1")      # lb.certificate, lb.key: paths of PEM files
    agent = ca.issue(client="agent-1")
    crl = ca.revoke(agent)                            # path of a PEM file

Keys are P-256, because making an RSA key takes a while; `key="rsa"` gives one of 2048 bits.
"""

import datetime
import ipaddress
import itertools
import pathlib
import ssl
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
_file_numbers = itertools.count(1)


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)


def new_key(kind="ec"):
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


def key_pem(key, passphrase=None):
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def certificate_pem(*certificates):
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def subject(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass
class Certificate:
    """A certificate in files, as a configuration names them."""
    certificate: str      # path: the certificate, then its chain without the root
    key: str              # path
    x509: x509.Certificate

    @property
    def tls(self):
        """For "tls" of a listener."""
        return {"certificate": self.certificate, "key": self.key}

    @property
    def serial(self):
        return self.x509.serial_number

    def replace_by(self, other):
        """Puts another certificate into these files, one file after the other, as a renewal does."""
        for mine, theirs in ((self.certificate, other.certificate), (self.key, other.key)):
            fresh = pathlib.Path(mine + ".new")
            fresh.write_bytes(pathlib.Path(theirs).read_bytes())
            fresh.chmod(0o600)
            fresh.rename(mine)
        self.x509 = other.x509


class Authority:
    """A certificate authority with its files in `directory`; `issuer` makes it an intermediate one of another."""

    def __init__(self, directory, name="Test CA", issuer=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.issuer = issuer
        self.secret = new_key()
        self.revoked = []
        builder = self._builder(name, self.secret, now() - DAY, now() + 3650 * DAY, issuer or self)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
                          key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False),
            critical=True)
        self.x509 = builder.sign((issuer or self).secret, hashes.SHA256())
        self.file = str(self._write("ca.pem", certificate_pem(self.x509)))

    def issue(self, *names, client=None, common_name=None, key="ec", passphrase=None, not_before=None, not_after=None,
              chain=None):
        """A certificate for these host names and addresses or, with `client`, for a client of that name. `chain` gives other
        certificates than this authority's to put behind it."""
        secret = new_key(key)
        builder = self._builder(client or common_name or names[0], secret, not_before or now() - DAY,
                                not_after or now() + 365 * DAY, self)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([general_name(n) for n in names]), critical=False)
        leaf = builder.sign(self.secret, hashes.SHA256())
        behind = self.chain() if chain is None else chain
        key_file = self._write("key.pem", key_pem(secret, passphrase))
        key_file.chmod(0o600)
        return Certificate(str(self._write("cert.pem", certificate_pem(leaf, *behind))), str(key_file), leaf)

    def chain(self):
        """What a server sends behind its certificate: this authority and those above it, without the root."""
        return [] if self.issuer is None else [self.x509, *self.issuer.chain()]

    def revoke(self, *certificates, next_update=None):
        """A file with the list of these and all that were revoked before."""
        self.revoked += [c.serial for c in certificates]
        builder = x509.CertificateRevocationListBuilder().issuer_name(subject(self.name))
        builder = builder.last_update(now() - 2 * DAY).next_update(next_update or now() + 30 * DAY)
        for serial in self.revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now() - DAY).build()
            builder = builder.add_revoked_certificate(entry)
        crl = builder.sign(self.secret, hashes.SHA256())
        return str(self._write("crl.pem", crl.public_bytes(serialization.Encoding.PEM)))

    def client_context(self, certificate=None, *, alpn=None, version=None):
        """What Python's ssl needs to trust this authority, and to show a certificate of its own."""
        out = ssl.create_default_context(cafile=self.file)
        if certificate is not None:
            out.load_cert_chain(certificate.certificate, certificate.key)
        if alpn:
            out.set_alpn_protocols(alpn)
        if version is not None:
            out.minimum_version = out.maximum_version = version
        return out

    def _builder(self, common_name, secret, begin, end, issuer):
        return (x509.CertificateBuilder().subject_name(subject(common_name)).issuer_name(subject(issuer.name))
                .public_key(secret.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(begin).not_valid_after(end)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(secret.public_key()), critical=False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.secret.public_key()), critical=False))

    def _write(self, name, content):
        file = self.directory / f"{next(_file_numbers)}-{name}"
        file.write_bytes(content)
        return file
