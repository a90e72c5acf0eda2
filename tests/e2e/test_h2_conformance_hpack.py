"""Header compression (RFC 7541): every representation is read, and a block that cannot be decoded ends the connection (RFC 9113
4.3), because both ends would go on with different tables."""

import hpack
import pytest

from support.frames import Code, Setting, continuation, headers
from support.header_block import (FIRST_DYNAMIC, block, indexed, inserted, integer, literal, never_indexed, string,
                                  table_size)

DECODED = {
    "without indexing": literal("x-test", "value"),
    "without indexing, Huffman": literal("x-test", "value", huffman=True),
    "never indexed": never_indexed("x-test", "value"),
    "never indexed, Huffman": never_indexed("x-test", "value", huffman=True),
    "with indexing": inserted("x-test", "value"),
    "with indexing, Huffman": inserted("x-test", "value", huffman=True),
    "name Huffman, value plain": b"\x00" + string("x-test", huffman=True) + string("value"),
    "name plain, value Huffman": b"\x00" + string("x-test") + string("value", huffman=True),
}


@pytest.mark.parametrize("case", DECODED)
def test_a_field_is_read_in_every_representation(h2, case):
    h2.send(headers(1, block(*h2.fields()) + DECODED[case]))
    assert h2.expect_answer(1).seen("x-test") == ["value"]


@pytest.mark.parametrize("size, coded", [
    (126, b"\x7e"), (127, b"\x7f\x00"), (128, b"\x7f\x01"), (300, b"\x7f\xad\x01"), (127, b"\x7f\x80\x00"),
], ids=["in one octet", "in two", "in two, one more", "in three", "in more than needed"])
def test_a_length_is_read_in_as_many_octets_as_it_has(h2, size, coded):
    h2.send(headers(1, block(*h2.fields()) + b"\x00\x06x-test" + coded + b"v" * size))
    assert h2.expect_answer(1).seen("x-test") == ["v" * size]


@pytest.mark.parametrize("make", [literal, never_indexed, inserted])
@pytest.mark.parametrize("huffman", [False, True])
def test_a_name_may_be_an_index_of_the_static_table(h2, make, huffman):
    h2.send(headers(1, block(*h2.fields()) + make(58, "h2 test", huffman)))
    assert h2.expect_answer(1).seen("user-agent") == ["h2 test"]


def test_a_field_may_be_an_index_of_the_static_table(h2):
    scheme = indexed(7 if h2.scheme == "https" else 6)
    h2.send(headers(1, indexed(2) + scheme + indexed(4) + literal(1, "a.example.com") + indexed(16)))
    answer = h2.expect_answer(1)
    assert (answer.json()["target"], answer.seen("accept-encoding")) == ("/", ["gzip, deflate"])


def test_an_indexed_field_without_a_value_is_an_empty_one(h2):
    h2.send(headers(1, block(*h2.fields()) + indexed(58)))
    assert h2.expect_answer(1).seen("user-agent") == [""]


def test_the_dynamic_table_lasts_from_request_to_request(h2):
    encoder = hpack.Encoder()
    for stream in (1, 3, 5):
        encoded = encoder.encode(h2.fields("GET", "/", ("x-one", "1"), ("x-two", "2" * 50)))
        h2.send(headers(stream, encoded))
        answer = h2.expect_answer(stream)
        assert (answer.seen("x-one"), answer.seen("x-two")) == (["1"], ["2" * 50])
    assert len(encoded) < 20  # all of it came from the table


def test_a_block_that_is_refused_still_fills_the_table(h2):
    h2.send(headers(1, block(*h2.fields()) + inserted("x-kept", "yes") + literal("UPPER", "1")))
    h2.expect_reset(1, Code.PROTOCOL_ERROR)
    h2.send(headers(3, block(*h2.fields()) + indexed(FIRST_DYNAMIC)))
    assert h2.expect_answer(3).seen("x-kept") == ["yes"]


def test_the_oldest_entries_leave_a_full_table(h2):
    big = "x" * 1500
    h2.send(headers(1, block(*h2.fields()) + inserted("x-a", big) + inserted("x-b", big) + inserted("x-c", big)))
    h2.expect_answer(1)
    h2.send(headers(3, block(*h2.fields()) + indexed(FIRST_DYNAMIC + 1)))
    assert h2.expect_answer(3).seen("x-b") == [big]
    h2.send(headers(5, block(*h2.fields()) + indexed(FIRST_DYNAMIC + 2)))  # x-a
    h2.expect_goaway(Code.COMPRESSION_ERROR)


def test_an_entry_that_is_larger_than_the_table_empties_it(h2):
    h2.send(headers(1, block(*h2.fields()) + inserted("x-a", "1") + inserted("x-b", "x" * 5000)))
    h2.expect_answer(1)
    h2.send(headers(3, block(*h2.fields()) + indexed(FIRST_DYNAMIC)))
    h2.expect_goaway(Code.COMPRESSION_ERROR)


@pytest.mark.parametrize("updates", [
    [0], [4096], [0, 4096], [100], [1, 100], [0, 0],
], ids=str)
def test_the_table_may_change_its_size_at_the_start_of_a_block(h2, updates):
    for stream in (1, 3):
        h2.send(headers(stream, b"".join(map(table_size, updates)) + block(*h2.fields()) + literal("x-test", "1")))
        assert h2.expect_answer(stream).seen("x-test") == ["1"]


def test_a_table_of_no_size_keeps_nothing(h2):
    h2.send(headers(1, block(*h2.fields()) + inserted("x-a", "1")))
    h2.expect_answer(1)
    h2.send(headers(3, table_size(0) + table_size(4096) + block(*h2.fields())))
    h2.expect_answer(3)
    h2.send(headers(5, block(*h2.fields()) + indexed(FIRST_DYNAMIC)))
    h2.expect_goaway(Code.COMPRESSION_ERROR)


HUFFMAN_TEST = string("x-test", huffman=True)

UNDECODABLE = {
    # 2.3.3, 6.1
    "index 0": indexed(0),
    "an index behind both tables": indexed(FIRST_DYNAMIC),
    "an index far behind both tables": indexed(126),
    "an index of more than 32 bits": b"\xff\xff\xff\xff\xff\xff\x0f",
    "a name's index behind both tables": literal(FIRST_DYNAMIC, "value"),
    # 4.2, 6.3
    "a new size behind the fields": table_size(100),
    "a new size of 0 behind the fields": table_size(0) + table_size(4096),
    # 5.1
    "an integer that never ends": b"\xff" + b"\x80" * 20,
    "an integer that has no end": b"\xff\x80",
    "a length that has no end": b"\x00\x7f\x80",
    # 5.2
    "a literal without anything": b"\x40",
    "a name that is cut": b"\x00\x06x-te",
    "a value that is missing": b"\x00\x06x-test",
    "a value that is cut": b"\x00\x06x-test\x05val",
    "a length beyond the block": b"\x00\x06x-test" + integer(100_000, 7) + b"value",
    "Huffman with more than 7 bits of padding": b"\x00" + HUFFMAN_TEST + b"\x84\x49\x50\x9f\xff",
    "Huffman padded with zeros": b"\x00" + HUFFMAN_TEST + b"\x83\x49\x50\x90",
    "Huffman with EOS": b"\x00" + HUFFMAN_TEST + b"\x87\xff\xff\xff\xfd\x25\x42\x7f",
    "Huffman of nothing but padding": b"\x00" + HUFFMAN_TEST + b"\x82\xff\xff",
    "a Huffman name with a code that is cut": b"\x00\x81\xfe\x05value",
}


@pytest.mark.parametrize("case", UNDECODABLE)
def test_it_is_a_compression_error(h2, case):
    h2.send(headers(1, block(*h2.fields()) + UNDECODABLE[case]))
    h2.expect_goaway(Code.COMPRESSION_ERROR)


def test_a_block_of_one_cut_literal_is_a_compression_error(h2):
    h2.send(headers(1, b"\x40"))
    h2.expect_goaway(Code.COMPRESSION_ERROR)


@pytest.mark.parametrize("size", [1, 2**20])
def test_a_table_larger_than_allowed_is_a_compression_error(h2, size):
    allowed = h2.settings.get(Setting.HEADER_TABLE_SIZE, 4096)
    h2.send(headers(1, table_size(allowed + size) + block(*h2.fields())))
    h2.expect_goaway(Code.COMPRESSION_ERROR)


def test_a_block_may_be_undecodable_in_a_continuation_too(h2):
    h2.send(h2.get(1, end_headers=False) + continuation(1, indexed(FIRST_DYNAMIC)))
    h2.expect_goaway(Code.COMPRESSION_ERROR)


def test_trailers_may_be_undecodable_too(h2):
    h2.send(h2.post(1) + headers(1, indexed(0)))
    h2.expect_goaway(Code.COMPRESSION_ERROR)
