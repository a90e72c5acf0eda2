"""The least of HTTP/2 that gets one answer: no HPACK state, no flow control to speak of (RFC 9113)."""

import struct

from errors import Spoiled

DATA, HEADERS, SETTINGS = 0x0, 0x1, 0x4
END_STREAM, ACK, END_HEADERS = 0x1, 0x1, 0x4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# RFC 7541 appendix A: the static table's entries that stand for these, and literals that nobody remembers.
METHOD_GET, SCHEME = b"\x82", {"http": b"\x86", "https": b"\x87"}
AUTHORITY, PATH = b"\x01", b"\x04"


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def literal(name, value):
    if len(value) > 126:
        raise ValueError("longer than one byte can say")
    return name + bytes([len(value)]) + value.encode()


def get(sock, scheme, authority, path):
    """One GET on stream 1, to the end of its answer, which has to be a 200."""
    head = METHOD_GET + SCHEME[scheme] + literal(AUTHORITY, authority) + literal(PATH, path)
    sock.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_STREAM | END_HEADERS, 1, head))
    acknowledged = False
    while True:
        kind, flags, stream, payload = read_frame(sock)
        if kind == SETTINGS and not flags & ACK:
            sock.sendall(frame(SETTINGS, ACK, 0))
            acknowledged = True
        if kind == HEADERS and payload[:1] != b"\x88":
            raise Spoiled(f"answered with {payload!r}, which does not begin with :status 200")
        if stream == 1 and kind in (DATA, HEADERS) and flags & END_STREAM:
            break
    if not acknowledged:
        raise Spoiled("an answer without SETTINGS before it")


def read_frame(sock):
    head = read(sock, 9)
    kind, flags, stream = struct.unpack("!BBI", head[3:])
    return kind, flags, stream, read(sock, int.from_bytes(head[:3], "big"))


def read(sock, size):
    got = b""
    while len(got) < size:
        more = sock.recv(size - len(got))
        if not more:
            raise Spoiled("closed in the middle of an answer")
        got += more
    return got
