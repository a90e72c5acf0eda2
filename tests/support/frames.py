"""HTTP/2 frames as bytes (RFC 9113 4.1 and 6): every field as the test wants it, right or wrong."""

import enum
import struct
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
LARGEST = 2**14
"""What every endpoint takes as a payload (4.2)."""
WINDOW = 65_535
"""What every flow-control window begins with (6.9.2)."""
LARGEST_WINDOW = 2**31 - 1


class Kind(enum.IntEnum):
    DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)


class Code(enum.IntEnum):
    """RFC 9113 7."""
    (NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
     REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY,
     HTTP_1_1_REQUIRED) = range(14)


class Setting(enum.IntEnum):
    """RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1."""
    HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = \
        range(1, 7)
    ENABLE_CONNECT_PROTOCOL = 8
    NO_RFC7540_PRIORITIES = 9


# Flags.
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
WITH_PRIORITY = 0x20


@dataclass
class Frame:
    """One that was received."""
    kind: int
    flags: int
    stream: int
    payload: bytes

    def has(self, flag):
        return bool(self.flags & flag)

    def __str__(self):
        name = Kind(self.kind).name if self.kind in iter(Kind) else f"type {self.kind}"
        shown = self.payload[:16].hex() + ("…" if len(self.payload) > 16 else "")
        return f"{name} flags={self.flags:#x} stream={self.stream} length={len(self.payload)} {shown}"


def frame(kind, flags=0, stream=0, payload=b"", length=None, reserved=0):
    """Any frame. `length` may lie."""
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + struct.pack(">BBI", kind, flags, stream | reserved << 31) + payload


def padded(payload, pad):
    """Payload and flag with that many bytes of padding; None: without."""
    return (payload, 0) if pad is None else (bytes([pad]) + payload + bytes(pad), PADDED)


def data(stream, payload=b"", end=False, pad=None):
    body, flag = padded(payload, pad)
    return frame(Kind.DATA, flag | (END_STREAM if end else 0), stream, body)


def headers(stream, block, end=True, end_headers=True, pad=None, priority=None):
    """`priority`: (dependency, weight) or (dependency, weight, exclusive)."""
    body, flag = padded((dependency(*priority) if priority else b"") + block, pad)
    flag |= (END_STREAM if end else 0) | (END_HEADERS if end_headers else 0) | (WITH_PRIORITY if priority else 0)
    return frame(Kind.HEADERS, flag, stream, body)


def continuation(stream, block, end_headers=True):
    return frame(Kind.CONTINUATION, END_HEADERS if end_headers else 0, stream, block)


def dependency(on, weight, exclusive=False):
    """`weight` from 1 to 256."""
    return struct.pack(">IB", on | exclusive << 31, weight - 1)


def priority(stream, on=0, weight=256, exclusive=False):
    return frame(Kind.PRIORITY, 0, stream, dependency(on, weight, exclusive))


def rst_stream(stream, code=Code.CANCEL):
    return frame(Kind.RST_STREAM, 0, stream, struct.pack(">I", code))


def settings(*pairs):
    """`pairs`: (identifier, value)."""
    return frame(Kind.SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def settings_ack():
    return frame(Kind.SETTINGS, ACK)


def ping(payload=b"12345678", ack=False):
    return frame(Kind.PING, ACK if ack else 0, 0, payload)


def goaway(last=0, code=Code.NO_ERROR, debug=b""):
    return frame(Kind.GOAWAY, 0, 0, struct.pack(">II", last, code) + debug)


def window_update(stream, increment):
    return frame(Kind.WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def push_promise(stream, promised, block):
    return frame(Kind.PUSH_PROMISE, END_HEADERS, stream, struct.pack(">I", promised) + block)
