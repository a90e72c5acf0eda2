"""No proxy, but what the kernel alone costs one: bytes received and sent on, unread (bench/floor)."""

from peer import Peer

PEER = Peer(
    program="@BUILD@/kernel-floor",
    arguments=["@PLAIN@", "@OPS1@", "@OPS2@"],
    configuration="",
    file="none",
    version=["version"],
    features=set(),
    access_log={False: ""},
)
