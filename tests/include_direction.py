#!/usr/bin/env python3
"""Includes point one way: a file never includes one to its left in the order below.

Prints each include that points back, and exits 1 if there is any. A file of proxy/ that stands nowhere in the order is
reported as well: its author decides where it belongs.
"""

import pathlib
import re
import sys

# From left to right. Names in one row may include each other. "http1/" stands for all files of that folder that are not named
# themselves, "config_*" for all whose names begin so.
ORDER = [
    ["main"],
    ["command/"],
    ["server", "server_*", "serving", "start", "init", "listener_set", "descriptor_limit", "file_watch",
     "checked_backends", "found_backends", "named_backends", "drains", "drain_guard", "state_file", "take_report", "report_counts",
     "recent_search"],
    ["admin/service", "admin/socket", "admin/endpoint", "admin/session", "admin/routes", "admin/site"],
    ["takeover/"],
    ["systemd/"],
    ["worker", "still_there"],
    ["listener"],
    ["connection"],
    ["handshake"],
    ["http1/"],
    ["http2/"],
    ["tcp/"],
    ["passage", "passage_answers"],
    ["relay", "splice", "tunnel", "judge", "reply"],
    ["client_connection", "lane", "linger"],
    ["in_flight"],
    ["upstream/", "generation"],
    ["http1/body_reader", "http1/body_writer", "exchange"],  # both sides of HTTP/1 read and write bodies
    ["transport", "loop_parts", "turn"],
    ["tls/"],
    ["tls/engine"],
    ["inherited_sockets"],
    ["failure", "reactor", "socket_calls", "pipe", "deadline", "task", "frame_memory", "buffer", "recycled", "socket_address",
     "client_counts"],
    ["admin/"],
    ["recent_requests", "lasting_name", "agents"],
    ["access_*", "backend_try", "exchange_facts", "request_text", "log", "news", "log_*", "line_batch", "reason_phrase", "redact",
     "seen_target", "utc_time", "digits", "counters", "proxy_protocol", "crc32c", "hash64"],
    ["tls/client_context"],
    ["config", "config_*", "tls/certificate", "tls/pem_file", "parse", "parse_*", "validate", "nearest", "utf8"],
    ["tls/openssl", "tls/certificate_text"],
    ["histogram"],
    ["counter"],
    ["asio"],
]
APART = [{"http1/", "http2/"}]

# Where Asio or Beast may be seen; the data path has a reactor of its own.
MAY_INCLUDE_ASIO = {"asio", "main", "server", "server_*", "serving", "takeover/", "systemd/", "admin/endpoint",
                    "admin/session", "admin/routes", "admin/site"}
ASIO = re.compile(r"boost/(asio|beast)\b")

# What the two folders below proxy/ may include: other folders of the project, and how their other includes begin.
FOLDERS = {"headers": {"headers"}, "health": {"headers", "health"}, "proxy": {"headers", "health", "proxy"}}
# headers/ is pure: the standard library (no slash, no .h), and what it takes to write an address down.
HEADERS_MAY_INCLUDE = re.compile(r"[a-z_0-9]+|(arpa|netinet)/\w+\.h|emmintrin\.h")
HEALTH_MAY_INCLUDE = re.compile(r"[a-z_0-9]+|(arpa|netinet|sys)/\w+\.h|[a-z]+\.h|boost/.*")

INCLUDE = re.compile(r'^\s*#\s*include\s*(<|")([^>"]+)[>"]', re.MULTILINE)


def place(path):
    """The name under which a file of proxy/ stands in the order, and its row; None if it has no place."""
    inside = pathlib.PurePosixPath(path).relative_to("proxy").with_suffix("").as_posix()
    for found in (str.__eq__, lambda name, file: name[-1] in "*/" and file.startswith(name.rstrip("*"))):
        for row, names in enumerate(ORDER):
            for name in names:
                if found(name, inside):
                    return name, row
    return None


def points_back(file, included):
    """Why `file` of proxy/ may not include `included` of proxy/, or None."""
    here, there = place(file), place(included)
    if here is None or there is None:
        return None  # reported once for the file itself
    if there[1] < here[1]:
        return f"{here[0]} stands to the right of {there[0]}"
    if {file.split("/")[1] + "/", included.split("/")[1] + "/"} in APART:
        return "http1/ and http2/ stay apart"
    return None


def objection(file, mark, included):
    """Why `file` may not include `included`, or None. Paths are relative to the top of the project."""
    folder, other = file.split("/")[0], included.split("/")[0]
    if mark == '"':
        if other not in FOLDERS[folder]:
            return f"{folder}/ includes only {' '.join(sorted(name + '/' for name in FOLDERS[folder]))} of this project"
        return points_back(file, included) if folder == other == "proxy" else None
    if folder == "headers" and not HEADERS_MAY_INCLUDE.fullmatch(included):
        return "headers/ includes the standard library only"
    if folder == "health" and not HEALTH_MAY_INCLUDE.fullmatch(included):
        return "health/ includes the standard library and Boost only"
    if folder == "proxy" and ASIO.match(included):
        found = place(file)
        if found and found[0] not in MAY_INCLUDE_ASIO:
            return "only " + ", ".join(sorted(MAY_INCLUDE_ASIO)) + " may see Asio and Beast"
    return None


def complaints(top):
    for source in sorted(path for folder in FOLDERS for path in (top / folder).rglob("*.[ch]pp")):
        file = source.relative_to(top).as_posix()
        if file.startswith("proxy/") and place(file) is None:
            yield f"{file}: has no place in the order; give it one in tests/include_direction.py"
        for mark, included in INCLUDE.findall(source.read_text(encoding="utf-8")):
            why = objection(file, mark, included)
            if why:
                yield f"{file}: includes {included}, but {why}"


def main():
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = list(complaints(top))
    print("\n".join(found) if found else "includes point one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
