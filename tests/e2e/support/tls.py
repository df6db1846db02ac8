"""A proxy that does the https in front of a server, with a certificate that nobody knows."""

import datetime
import socket
import ssl
import threading
from socketserver import BaseRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class _Server(ThreadingTCPServer):
    daemon_threads = True
    # Browsers keep connections open; nobody waits for them.
    block_on_close = False


class TlsFront:
    def __init__(self, port, folder):
        """In front of a port of this machine; the certificate goes into a folder."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder / "front.pem"))

        class Handler(BaseRequestHandler):
            def handle(self):
                try:
                    with context.wrap_socket(self.request, server_side=True) as browser:
                        with socket.create_connection(("127.0.0.1", port)) as server:
                            _join(browser, server)
                except OSError:
                    # Whoever hangs up early gets no answer.
                    pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"https://localhost:{self._server.server_address[1]}"

    def start(self):
        threading.Thread(target=self._server.serve_forever, name="tls", daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        return 0


def _join(browser, server):
    """Brings over what either says, until either has said all."""
    threading.Thread(target=_carry, args=(server, browser), daemon=True).start()
    _carry(browser, server)


def _carry(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Authority:
    """A certification authority that nobody knows, and what it vouches for: one server, by name."""

    def __init__(self, folder, host="localhost"):
        folder.mkdir(parents=True)
        self.ca, self.certificate, self.key = (folder / name for name in ("ca.pem", "server.pem", "server.key"))
        own, of_server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A private authority")])
        authority = _valid(name, own.public_key()).subject_name(name)
        authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.ca.write_bytes(authority.sign(own, hashes.SHA256()).public_bytes(_PEM))
        server = _valid(name, of_server.public_key()).subject_name(x509.Name([]))
        server = server.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        self.certificate.write_bytes(server.sign(own, hashes.SHA256()).public_bytes(_PEM))
        self.key.write_bytes(_private(of_server))


_PEM = serialization.Encoding.PEM


def _private(key):
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _valid(issuer, key):
    """A certificate by an issuer for a key, valid today."""
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


def _certificate(file):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        _valid(name, key.public_key())
        .subject_name(name)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(_private(key) + certificate.public_bytes(_PEM))
    return file
