"""Headers of the PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt), right ones and on demand wrong ones."""

import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
UNSPEC, TCP4, UDP4, TCP6, UDP6, UNIX_STREAM, UNIX_DGRAM = 0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32

# 2.2: types of TLVs
ALPN, AUTHORITY, CRC32C, NOOP, UNIQUE_ID, SSL, NETNS = 0x01, 0x02, 0x03, 0x04, 0x05, 0x20, 0x30


def v1(source, destination="127.0.0.1", source_port=56324, destination_port=443):
    """TCP4 or TCP6, as the source address has it."""
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {source} {destination} {source_port} {destination_port}\r\n".encode()


V1_UNKNOWN = b"PROXY UNKNOWN\r\n"


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


def v2_raw(command, family, addresses=b"", tlvs=b""):
    """Any header, with the length of what is given."""
    return SIGNATURE + struct.pack("!BBH", command, family, len(addresses) + len(tlvs)) + addresses + tlvs


def v2(source, destination=None, source_port=56324, destination_port=443, tlvs=b"", checksum=False):
    """TCP4 or TCP6. `checksum` adds a CRC32c TLV that is right."""
    source = ipaddress.ip_address(source)
    destination = ipaddress.ip_address(destination or ("127.0.0.1" if source.version == 4 else "::1"))
    addresses = source.packed + destination.packed + struct.pack("!HH", source_port, destination_port)
    family = TCP4 if source.version == 4 else TCP6
    return with_checksum(PROXY, family, addresses, tlvs) if checksum else v2_raw(PROXY, family, addresses, tlvs)


def with_checksum(command, family, addresses=b"", tlvs=b""):
    """2.2.5: the checksum is taken over the whole header, with zeros in its own place."""
    blank = v2_raw(command, family, addresses, tlvs + tlv(CRC32C, bytes(4)))
    return blank[:-4] + struct.pack("!I", crc32c(blank))


def v2_local(tlvs=b""):
    return v2_raw(LOCAL, UNSPEC, b"", tlvs)


def v2_unix(tlvs=b""):
    return v2_raw(PROXY, UNIX_STREAM, b"/run/client".ljust(108, b"\0") + b"/run/server".ljust(108, b"\0"), tlvs)


def crc32c(data):
    """Castagnoli, reflected (RFC 3720 B.4), a bit at a time: headers are short."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def parse(header):
    """What a header that opslb sent says: (version, "PROXY" or "LOCAL" or "UNKNOWN", source, destination), addresses as
    ("192.0.2.1", 1234) or None."""
    if header.startswith(b"PROXY "):
        words = header[:-2].decode("ascii").split(" ")
        if words[1] == "UNKNOWN":
            return 1, "UNKNOWN", None, None
        return 1, "PROXY", (words[2], int(words[4])), (words[3], int(words[5]))
    assert header.startswith(SIGNATURE), header
    command, family, length = struct.unpack("!BBH", header[12:16])
    assert length == len(header) - 16, header
    if command == LOCAL:
        return 2, "LOCAL", None, None
    assert command == PROXY and family in (TCP4, TCP6), header
    size = 4 if family == TCP4 else 16
    source, destination = header[16:16 + size], header[16 + size:16 + 2 * size]
    ports = struct.unpack("!HH", header[16 + 2 * size:20 + 2 * size])
    return 2, "PROXY", (str(ipaddress.ip_address(source)), ports[0]), (str(ipaddress.ip_address(destination)), ports[1])
