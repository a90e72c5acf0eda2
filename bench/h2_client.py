"""The least of HTTP/2 that gets answers: no HPACK state, no flow control to speak of (RFC 9113)."""

import struct

from errors import Spoiled, WrongStatus

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE = 0x0, 0x1, 0x3, 0x4, 0x7, 0x8
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


def request(stream, scheme, authority, path):
    head = METHOD_GET + SCHEME[scheme] + literal(AUTHORITY, authority) + literal(PATH, path)
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, head)


# With windows that hold a whole page, for each stream (SETTINGS_INITIAL_WINDOW_SIZE) and for the connection.
LARGE = 1 << 24
OPENING = (PREFACE + frame(SETTINGS, 0, 0, struct.pack("!HI", 0x4, LARGE)) +
           frame(WINDOW_UPDATE, 0, 0, struct.pack("!I", LARGE)))


async def take_frame(reader, writer, open_streams):
    """The next frame from a stream of asyncio. A stream whose answer, which has to be a 200, ends with it is taken from the
    open ones. Bytes of body in it."""
    head = await reader.readexactly(9)
    kind, flags, stream = struct.unpack("!BBI", head[3:])
    payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
    if kind == SETTINGS and not flags & ACK:
        writer.write(frame(SETTINGS, ACK, 0))
    if kind in (RST_STREAM, GOAWAY):
        raise ConnectionResetError
    if kind == HEADERS and payload[:1] != b"\x88":
        raise WrongStatus("other than 200")
    if kind in (DATA, HEADERS) and flags & END_STREAM:
        open_streams.discard(stream)
    return len(payload) if kind == DATA else 0


def get(sock, scheme, authority, path):
    """One GET on stream 1, to the end of its answer, which has to be a 200."""
    sock.sendall(PREFACE + frame(SETTINGS, 0, 0) + request(1, scheme, authority, path))
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
