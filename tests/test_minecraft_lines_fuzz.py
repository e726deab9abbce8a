"""Whatever a line is, it is read, quickly, and what is said of it holds together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.lines import Kind, kinds_with, parse_line, tags_of

STAMPS = [
    "2013-04-13 08:11:26 [INFO] ",
    "[08:11:26] [Server thread/INFO]: ",
    "[08:11:26 INFO]: ",
    "[08:11:26] [Server thread/INFO]: (Minecraft) ",
    "[31Jan2024 08:11:26.789] [Server thread/INFO] [minecraft/MinecraftServer]: ",
]
MESSAGES = [
    "Steve[/192.168.0.1:52142] logged in with entity id 1372 at ([world]221.3, 72.0, -240.6E2)",
    "Steve[/[2001:db8::1]:52142] logged in with entity id 1372 at (221.3, 72.0, -240.6)",
    "Steve (formerly known as Notch) joined the game",
    "Steve joined the game",
    "Steve lost connection: TextComponent{text='Disconnected', siblings=[]}",
    "Steve left the game",
    "[Op: Kicked Steve from the game: 'spam']",
    "Banned Steve: spam",
    "Starting minecraft server version 1.20.4",
    "Stopping server",
    "This crash report has been saved to: /srv/crash.txt",
    "[Not Secure] <Steve> hello there",
    "[Server] <a@b.example> hello there",
    "[Server] <COAL> hello there",
    "Can't keep up! Is the server overloaded?",
    "Steve was slain by Zombie",
    "Steve has made the advancement [Stone Age]",
    "UUID of player Steve is 069a79f4-44e9-4726-a5be-fca90e38aaf5",
]
CODES = ["§a", "§§", "\x1b[0m", "\x1b[38;2;1;2;3m", "\x1b[K"]
OF_A_PLAYER = {
    *(Kind.LOGIN, Kind.JOIN, Kind.LOST, Kind.LEFT, Kind.KICK, Kind.BAN),
    *(Kind.DEATH, Kind.ACHIEVEMENT, Kind.UUID),
}

lines = st.builds(str.__add__, st.sampled_from(STAMPS), st.sampled_from(MESSAGES))
messages = st.sampled_from(MESSAGES) | st.text()
texts = st.text() | st.builds(str.__add__, st.sampled_from(STAMPS), messages)
pieces = st.sampled_from([*"[]<>()/:'§\x1b \n\0", "]: ", "[Server] ", "INFO", "\ud800"]) | st.text()


@st.composite
def mutated(draw):
    """A real line with a part of it cut out, or replaced by something else."""
    line = draw(lines)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(line))] * 2)))
    return line[:start] + draw(st.just("") | pieces) + line[end:]


def holds_together(text):
    line = parse_line(text)
    assert parse_line(text) == line
    assert (line.time is None) == (line.kind is Kind.UNKNOWN)
    assert line.date is None or line.time is not None
    said = (line.level, line.username, line.message, line.name, line.version)
    assert not any(code in part for part in said for code in "§\x1b")
    assert all(part in text for part in said) or "§" in text or "\x1b" in text
    assert len(line.username) <= 255
    assert not set(line.username) & set(" <>[]()/:")
    if line.kind in OF_A_PLAYER:
        assert line.username
    elif line.kind not in (Kind.CHAT, Kind.OTHER):
        assert not line.username
    if line.kind in (Kind.OTHER, Kind.UNKNOWN):
        assert not any(said[1:])
    assert bool(line.version) == (line.kind is Kind.START)
    assert bool(line.name) == (line.kind is Kind.ACHIEVEMENT)
    assert bool(line.uuid) == (line.kind is Kind.UUID)
    assert line.kind is Kind.LOGIN or (line.ip, line.port, line.location) == ("", "", None)
    return line


@given(texts)
def test_any_text_is_read(text):
    holds_together(text)


@given(mutated())
def test_real_lines_with_something_wrong_are_read(text):
    holds_together(text)


@given(lines, st.data())
def test_cut_lines_are_read(line, data):
    holds_together(line[: data.draw(st.integers(0, len(line)))])


@given(lines, st.lists(st.tuples(st.floats(0, 1), st.sampled_from(CODES))))
def test_colours_change_nothing(line, codes):
    places = sorted(((int(place * len(line)), code) for place, code in codes), reverse=True)
    colourful = line
    for place, code in places:
        colourful = colourful[:place] + code + colourful[place:]
    assert holds_together(colourful) == parse_line(line)


@given(
    st.sampled_from(STAMPS),
    st.sampled_from(["<Steve> ", "* Steve ", "[Not Secure] <Steve> ", "[Server] ", "[Rcon] "]),
    messages,
)
def test_what_is_said_is_never_an_event(stamp, speaker, message):
    line = holds_together(stamp + speaker + message)
    assert line.kind in (Kind.CHAT, Kind.COAL, Kind.OTHER, Kind.ASIDE)


@given(messages)
def test_chat_threads_make_no_events(message):
    line = holds_together("[08:11:26] [Async Chat Thread - #1/INFO]: " + message)
    assert line.kind in (Kind.CHAT, Kind.COAL, Kind.ASIDE)


N = 100_000
HOSTILE = [
    *("[" * N, "<" * N, "§" * N, "\x1b[" * N, "\x1b[" + "0" * N, "\x1b[" + " " * N, " " * N),
    *("> \r" * N, "0" * N, "[0" * N, "[08:11:26] [" + "/A" * N, "[08:11:26] [" + "/" + "A" * N),
    *("[08:11:26] [a/INFO] [" + "x" * N, "[08:11:26] [a/INFO] [" + "] [" * N, "2013-04-13 " * N),
]
HOSTILE_MESSAGES = [
    *(
        "x" * N,
        "x " * N,
        "x\n" * N,
        "." * N,
        "Steve[" + "x" * N,
        "Steve[[" + "x" * N,
        "Steve[]" * N,
    ),
    *("Steve[" + "/:1" * N + "] logged in with entity id 1 at (1, 2, 3)", "<" + "x" * N),
    "Steve[] logged in with entity id 1 at (" + "9" * N + ", 1, 1)",
    "Steve[] logged in with entity id 1 at (" + "1, " * N + ")",
    "Steve[] logged in with entity id " + "1" * N,
    *(" logged in with entity id " * N, "Steve[" + "] logged in with entity id 1 at (" * N),
    *("Steve (formerly known as " + ") " * N, "Steve (formerly known as " * N),
    *("Steve lost connection: A{text='" + "', " * N, "Steve lost connection: " + "A{text='" * N),
    *("Kicked " + "x" * N, "Kicked x from the game: '" * N, "Banned " + "x: " * N, "Kicked " * N),
    *(
        "UUID of player " * N,
        "UUID of player x is " + "0-" * N,
        "[" + ": " * N + "]",
        "[a" * N + "]",
    ),
    *("Starting minecraft server version " + " " * N, "Steve has made the advancement [" * N + "]"),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_lines_take_no_long_time(text):
    holds_together(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("message", HOSTILE_MESSAGES, ids=range(len(HOSTILE_MESSAGES)))
@pytest.mark.parametrize("stamp", STAMPS[:2])
def test_hostile_messages_take_no_long_time(stamp, message):
    assert holds_together(stamp + message).time is not None


@pytest.mark.parametrize("kind", Kind)
def test_kinds_are_found_by_their_tags(kind):
    assert all(kind in kinds_with(tag) for tag in tags_of(kind))
    assert ("timestamp" in tags_of(kind)) == (kind is not Kind.UNKNOWN)
    assert len(set(tags_of(kind))) == len(tags_of(kind))


def test_tags_are_the_originals():
    assert tags_of(Kind.LOGIN) == ("timestamp", "connection", "login")
    assert tags_of(Kind.OVERLOADED) == ("timestamp", "server", "performance", "overloaded")
    assert kinds_with("connection") == {Kind.LOGIN, Kind.LOST}
    assert kinds_with("server") == {Kind.OVERLOADED, Kind.START, Kind.STOP}
    assert kinds_with("") == kinds_with("x") == frozenset()


def test_numbers_in_the_database_stay():
    names = (
        "UNKNOWN OTHER LOGIN JOIN LOST LEFT KICK BAN START STOP CRASH CHAT COAL OVERLOADED DEATH"
    )
    assert [kind.name for kind in sorted(Kind)] == [*names.split(), "ACHIEVEMENT", "UUID", "ASIDE"]
    assert sorted(Kind) == list(range(18))
