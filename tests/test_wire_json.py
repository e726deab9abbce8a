"""JSON of the wire is what Python's own module says, whichever library reads it."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import wire_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    # Half characters cannot be in UTF-8, but in JSON's escapes.
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(VALUES)
def test_what_was_written_is_read(value):
    text = json.dumps(value).encode()
    assert repr(wire_json.load(text)) == repr(json.loads(text))
    assert repr(json.loads(wire_json.dump(value))) == repr(json.loads(text))


@given(VALUES)
def test_what_is_written_is_compact_and_not_escaped(value):
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert json.loads(wire_json.dump(value)) == json.loads(expected)
    assert len(wire_json.dump(value)) <= len(expected)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "-" + "1" * 4300,
        "0.12345678901234567890123",
        "9007199254740993.0",
        "1e999",
        "-1e999",
        "1e-999",
        "-0",
        "-0.0",
        "5e-324",
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0000\x7f\u2028"',
        " [1 ] \r\n",
        "\ufeff[1]",
    ],
)
def test_what_libraries_differ_about_is_as_python_reads_it(text):
    assert repr(wire_json.load(text.encode())) == repr(json.loads(text.removeprefix("\ufeff")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (
            b'{"a":1,}',
            "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)",
        ),
        (b"[01]", "Expecting ',' delimiter: line 1 column 3 (char 2)"),
        (b"[NaN]", "NaN is no JSON"),
        (b"[-Infinity, 18446744073709551616]", "-Infinity is no JSON"),
        (b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"),
        (b"[" + b"-" + b"9" * 4301 + b"]", "a number has more than 4300 digits"),
        (b'"\n"', "Invalid control character at: line 1 column 2 (char 1)"),
    ],
)
def test_what_is_no_json_is_told_in_pythons_words(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        wire_json.load(text)


def test_what_is_nested_too_deeply_is_neither_read_nor_written():
    with pytest.raises(RecursionError):
        wire_json.load(b"[" * 100_000 + b"]" * 100_000)
    nested = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(RecursionError):
        wire_json.dump(nested)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_is_none_is_not_written_as_null(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        wire_json.dump({"a": [number]})
    assert wire_json.dump([None, "null"]) == '[null,"null"]'
