"""HPACK written by hand (RFC 7541 5 and 6): representations as bytes, none of which but those that say so touches a dynamic
table. So a block does not depend on those before it, and may be wrong in just the way that a test wants."""

import hpack.huffman
import hpack.huffman_constants

HUFFMAN = hpack.huffman.HuffmanEncoder(hpack.huffman_constants.REQUEST_CODES,
                                       hpack.huffman_constants.REQUEST_CODES_LENGTH)

FIRST_DYNAMIC = 62
"""The index of the newest entry of the dynamic table (RFC 7541 2.3.3)."""


def integer(value, prefix, pattern=0):
    """RFC 7541 5.1: `value` in the low `prefix` bits of an octet that begins with `pattern`."""
    limit = 2**prefix - 1
    if value < limit:
        return bytes([pattern | value])
    out, value = bytearray([pattern | limit]), value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes(out) + bytes([value])


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def string(text, huffman=False):
    """RFC 7541 5.2."""
    raw = as_bytes(text)
    if huffman:
        coded = HUFFMAN.encode(raw)
        return integer(len(coded), 7, 0x80) + coded
    return integer(len(raw), 7) + raw


def indexed(index):
    """RFC 7541 6.1."""
    return integer(index, 7, 0x80)


def _literal(prefix, pattern, name, value, huffman):
    start = integer(name, prefix, pattern) if isinstance(name, int) else bytes([pattern]) + string(name, huffman)
    return start + string(value, huffman)


def literal(name, value, huffman=False):
    """RFC 7541 6.2.2, without indexing. `name` may be an index."""
    return _literal(4, 0x00, name, value, huffman)


def never_indexed(name, value, huffman=False):
    """RFC 7541 6.2.3."""
    return _literal(4, 0x10, name, value, huffman)


def inserted(name, value, huffman=False):
    """RFC 7541 6.2.1: becomes the newest entry of the dynamic table."""
    return _literal(6, 0x40, name, value, huffman)


def table_size(size):
    """RFC 7541 6.3."""
    return integer(size, 5, 0x20)


def block(*fields):
    """`fields`: (name, value)."""
    return b"".join(literal(*field) for field in fields)
