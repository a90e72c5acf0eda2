#!/usr/bin/env python3
"""The include-direction test notices what it is there for."""

import pathlib
import tempfile
import unittest

import include_direction


def complaints(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(include_direction.complaints(pathlib.Path(folder)))


class IncludeDirection(unittest.TestCase):
    def refuses(self, file, line):
        self.assertEqual([file], [text.split(":")[0] for text in complaints({file: line + "\n"})], line)

    def accepts(self, file, line):
        self.assertEqual([], complaints({file: line + "\n"}), line)

    def test_a_file_may_include_what_stands_to_its_right(self):
        self.accepts("proxy/worker.hpp", '#include "proxy/listener.hpp"')
        self.accepts("proxy/http1/serve.cpp", '#include "proxy/passage.hpp"')
        self.accepts("proxy/upstream/pool.cpp", '#include "proxy/upstream/connect.hpp"')
        self.accepts("proxy/relay.cpp", '#include "headers/chunked.hpp"')
        self.accepts("health/probe.cpp", "#include <boost/asio/ip/tcp.hpp>")
        self.accepts("headers/address.cpp", "#include <arpa/inet.h>")

    def test_a_file_never_includes_one_to_its_left(self):
        self.refuses("proxy/listener.cpp", '#include "proxy/worker.hpp"')
        self.refuses("proxy/passage.cpp", '  #  include "proxy/http1/serve.hpp"')
        self.refuses("proxy/relay.hpp", '#include "proxy/passage.hpp"')
        self.refuses("health/board.hpp", '#include "proxy/config.hpp"')
        self.refuses("headers/fields.hpp", '#include "health/board.hpp"')

    def test_the_two_protocol_fronts_stay_apart(self):
        self.refuses("proxy/http1/serve.cpp", '#include "proxy/http2/serve.hpp"')
        self.refuses("proxy/http2/serve.cpp", '#include "proxy/http1/serve.hpp"')

    def test_headers_stay_pure(self):
        self.refuses("headers/fields.cpp", "#include <boost/asio.hpp>")
        self.refuses("headers/fields.cpp", "#include <fmt/format.h>")
        self.refuses("headers/fields.cpp", "#include <sys/socket.h>")

    def test_the_data_path_does_not_see_asio(self):
        self.refuses("proxy/relay.cpp", "#include <boost/asio/buffer.hpp>")
        self.refuses("proxy/http1/serve.cpp", "#include <boost/beast/http.hpp>")
        self.refuses("proxy/reactor.cpp", "#include <boost/asio/io_context.hpp>")
        self.accepts("proxy/server.cpp", "#include <boost/asio/io_context.hpp>")

    def test_a_new_file_has_to_be_given_a_place(self):
        self.refuses("proxy/surprise.cpp", "")


if __name__ == "__main__":
    unittest.main()
