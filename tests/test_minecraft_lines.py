"""Lines of real servers' logs, and what they mean; and what players write to look like them."""

from datetime import date, time

import pytest

from sessions_app.lines import Kind, Line, makes_player, parse_line

OLD = "2013-04-13 08:11:26 [INFO] "
NEW = "[08:11:26] [Server thread/INFO]: "
NEOFORGE = "[31Jan2024 08:11:26.789] [Server thread/INFO] [net.minecraft.server.MinecraftServer/]: "
THEN = time(8, 11, 26)
THEN_MS = time(8, 11, 26, 789_000)
STAMPS = {
    OLD: (THEN, date(2013, 4, 13), "INFO"),
    "2013-04-13 08:11:26 [WARNING] ": (THEN, date(2013, 4, 13), "WARNING"),
    "2013-04-13 08:11:26,789 [INFO] ": (THEN_MS, date(2013, 4, 13), "INFO"),
    "2013-07-10 08:11:26 [INFO] [Minecraft-Server] ": (THEN, date(2013, 7, 10), "INFO"),
    NEW: (THEN, None, "INFO"),
    "[08:11:26] [Server Shutdown Thread/INFO]: ": (THEN, None, "INFO"),
    "[08:11:26] [RCON Client /127.0.0.1 #2/WARN]: ": (THEN, None, "WARN"),
    "[08:11:26] [Server thread/INFO] (Minecraft) ": (THEN, None, "INFO"),
    "[08:11:26] [Server thread/INFO]: (Minecraft) ": (THEN, None, "INFO"),
    "[08:11:26 INFO]: ": (THEN, None, "INFO"),
    "> \r\x1b[K[08:11:26 INFO]: ": (THEN, None, "INFO"),
    "\ufeff[08:11:26 INFO]: ": (THEN, None, "INFO"),
    "\x1b[32m[08:11:26 \x1b[33mWARN\x1b[m]: ": (THEN, None, "WARN"),
    "[08:11:26] [main/INFO] [minecraft/PlayerList]: ": (THEN, None, "INFO"),
    "[08:11:26] [main/INFO] [net.minecraft.server.MinecraftServer]: ": (THEN, None, "INFO"),
    NEOFORGE: (THEN_MS, date(2024, 1, 31), "INFO"),
    NEOFORGE.replace("Jan", "Sept.").replace("31", "01"): (THEN_MS, date(2024, 9, 1), "INFO"),
    NEOFORGE.replace("Jan", "10月"): (THEN_MS, date(2024, 10, 31), "INFO"),
    NEOFORGE.replace("Jan", "toukok."): (THEN_MS, None, "INFO"),
    NEOFORGE.replace("Jan", "thg 1"): (THEN_MS, None, "INFO"),
    "[2021-02-24 08:11:26] [Server thread/INFO]: ": (THEN, date(2021, 2, 24), "INFO"),
}


@pytest.mark.parametrize(("stamp", "read"), STAMPS.items())
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_all_servers_formats_are_read(stamp, read, end):
    assert parse_line(f"{stamp}Steve left the game{end}") == Line(Kind.LEFT, *read, "Steve")


HERE = " logged in with entity id 1372 at (221.3, 72.0, -240.6)"
NEAR = "Steve[/10.0.0.9:1] logged in with entity id 7"
AT = (221.3, 72.0, -240.6)
ID = "069a79f4-44e9-4726-a5be-fca90e38aaf5"
STYLE = "siblings=[], style=Style{hasParent=false, color=null}}"


def login(username, ip="", port="", location=AT):
    return {"username": username, "ip": ip, "port": port, "location": location}


MESSAGES = [
    ("Steve[/192.168.0.1:52142]" + HERE, Kind.LOGIN, login("Steve", "192.168.0.1", "52142")),
    ("Steve[/[2001:db8:0:0:0:0:0:1]:1]" + HERE, Kind.LOGIN, login("Steve", "2001:db8::1", "1")),
    ("Steve[/0:0:0:0:0:0:0:1%0:52142]" + HERE, Kind.LOGIN, login("Steve", "::1", "52142")),
    ("Steve[home.example/10.0.0.9:1]" + HERE, Kind.LOGIN, login("Steve", "10.0.0.9", "1")),
    ("Steve[IP hidden]" + HERE, Kind.LOGIN, login("Steve")),
    ("Bot[local]" + HERE, Kind.LOGIN, login("Bot")),
    ("§6.Bedrock_1§r[/10.0.0.9:1]" + HERE, Kind.LOGIN, login(".Bedrock_1", "10.0.0.9", "1")),
    (NEAR + " at ([my world]12.5, 64.0, -3.2)", Kind.LOGIN, {"location": (12.5, 64.0, -3.2)}),
    (NEAR + " at ([a] -1.0E-4, 64.0, 2.5E7)", Kind.LOGIN, {"location": (-1e-4, 64.0, 2.5e7)}),
    (NEAR + " at (NaN, 1.0E999, 0.0)", Kind.LOGIN, login("Steve", "10.0.0.9", "1", None)),
    (NEAR.replace("[", " ["), Kind.LOGIN, login("Steve", "10.0.0.9", "1", None)),
    ("Steve joined the game", Kind.JOIN, {"username": "Steve"}),
    ("§eSteve§r§e joined the game§r", Kind.JOIN, {"username": "Steve"}),
    ("Steve (formerly known as Notch) joined the game", Kind.JOIN, {"username": "Steve"}),
    ("Steve left the game.", Kind.LEFT, {"username": "Steve"}),
    ("Steve lost connection: Disconnected", Kind.LOST, {"message": "Disconnected"}),
    ("Steve lost connection: disconnect.quitting", Kind.LOST, {"message": "disconnect.quitting"}),
    ("Steve lost connection: ", Kind.LOST, {"message": ""}),
    ("1 lost connection: 1 died", Kind.LOST, {"username": "1", "message": "1 died"}),
    ("Steve lost connection: TextComponent{text='It's', " + STYLE, Kind.LOST, {"message": "It's"}),
    ("Steve lost connection: TranslatableComponent{key='a.b', args=[], " + STYLE, Kind.LOST,
     {"message": "a.b"}),
    ("Kicked Steve: Kicked by an operator", Kind.KICK, {"message": "Kicked by an operator"}),
    ("Kicked Steve from the game", Kind.KICK, {"username": "Steve", "message": ""}),
    ("Kicked Steve from the game: 'no: really'", Kind.KICK, {"message": "no: really"}),
    ("[Op: Kicked Steve from the game: 'spam']", Kind.KICK, {"message": "spam"}),
    ("[Rcon: Kicked Steve: spam [2]]", Kind.KICK, {"username": "Steve", "message": "spam [2]"}),
    ("[Op: Kicked Steve]", Kind.KICK, {"username": "Steve"}),
    ("Kicked player Steve. With reason:", Kind.KICK, {"username": "Steve"}),
    ("Steve was kicked for floating too long!", Kind.OTHER, {}),
    ("Banned Steve: Banned by an operator.", Kind.BAN, {"message": "Banned by an operator."}),
    ("Banned player Steve", Kind.BAN, {"username": "Steve", "message": ""}),
    ("[Op: Banned player Steve]", Kind.BAN, {"username": "Steve"}),
    ("Starting minecraft server version 1.20.4", Kind.START, {"version": "1.20.4"}),
    ("Starting minecraft server version Beta 1.7.3", Kind.START, {"version": "Beta 1.7.3"}),
    ("Stopping server", Kind.STOP, {}),
    ("Stopping the server", Kind.STOP, {}),
    ("Stopping the server..", Kind.STOP, {}),
    ("This crash report has been saved to: /srv/./crash-reports/crash-server.txt", Kind.CRASH, {}),
    ("Encountered an unexpected exception", Kind.CRASH, {}),
    ("Considering it to be crashed, server will forcibly shutdown.", Kind.CRASH, {}),
    ("The server has stopped responding!", Kind.OTHER, {}),
    ("<Steve> Bob left the game", Kind.CHAT, {"username": "Steve", "message": "Bob left the game"}),
    ("[Not Secure] <Steve> a <b> c", Kind.CHAT, {"username": "Steve", "message": "a <b> c"}),
    ("<[VIP] Steve> hi", Kind.CHAT, {"username": "", "message": "<[VIP] Steve> hi"}),
    ("[Server] closing soon", Kind.CHAT, {"username": "", "message": "closing soon"}),
    ("[Not Secure] [Server] soon", Kind.CHAT, {"message": "soon"}),
    ("[Rcon] Steve left the game", Kind.CHAT, {"message": "Steve left the game"}),
    ("[Server] <a.b@c.example> hi", Kind.CHAT, {"username": "a.b@c.example", "message": "hi"}),
    ("[Server] <*tom> hi", Kind.CHAT, {"username": "*tom", "message": "hi"}),
    ("[Server] <COAL> The server is back", Kind.COAL, {"message": "The server is back"}),
    ("<COAL> I am a player", Kind.CHAT, {"username": "COAL"}),
    ("Can't keep up! Is the server overloaded? Running 2001ms behind", Kind.OVERLOADED, {}),
    ("Steve died", Kind.DEATH, {"message": "died"}),
    ("Steve drowned whilst trying to escape Zombie", Kind.DEATH, {"username": "Steve"}),
    ("Steve was slain by Bob using [Bob left the game]", Kind.DEATH, {"username": "Steve"}),
    ("Steve was shot by arrow", Kind.DEATH, {"message": "was shot by arrow"}),
    ("Steve fell from a high place", Kind.DEATH, {}),
    ("Steve left the confines of this world", Kind.DEATH, {}),
    ("Steve was obliterated by a sonically-charged shriek", Kind.DEATH, {}),
    ("Steve tried to swim in lava to escape Blaze", Kind.DEATH, {}),
    ("Steve didn't want to live in the same world as Bob", Kind.DEATH, {}),
    ("Steve has just earned the achievement [A b]", Kind.ACHIEVEMENT,
     {"username": "Steve", "name": "A b", "message": "has just earned the achievement [A b]"}),
    ("Steve has made the advancement [Stone [Age]]", Kind.ACHIEVEMENT, {"name": "Stone [Age]"}),
    ("Steve has completed the challenge [A]", Kind.ACHIEVEMENT, {"name": "A"}),
    ("Steve has reached the goal [A]", Kind.ACHIEVEMENT, {"name": "A"}),
    (f"UUID of player Steve is {ID.upper()}", Kind.UUID, {"username": "Steve", "uuid": ID}),
    (f"UUID of player Steve is {ID.replace('-', '')}", Kind.UUID, {"uuid": ID}),
]  # fmt: skip


@pytest.mark.parametrize("stamp", [OLD, NEW, NEOFORGE])
@pytest.mark.parametrize(("message", "kind", "fields"), MESSAGES)
def test_messages_are_understood(stamp, message, kind, fields):
    line = parse_line(stamp + message)
    assert line.kind is kind
    assert {field: getattr(line, field) for field in fields} == fields
    assert (line.time, line.date, line.level) == STAMPS[stamp]


LOST = " lost connection: Disconnected"
PROFILE = f"[id={ID},name=Steve,properties={{}},legacy=false] (/10.0.0.9:1)"
NO_EVENTS = f"""
com.mojang.authlib.GameProfile@1d41db4{PROFILE}{LOST}
GameProfile[id={ID}, name=Steve, properties={{}}] (/10.0.0.9:1){LOST}
Steve (/10.0.0.9:1){LOST}
Steve [/10.0.0.9:1]{LOST}
/10.0.0.9:1{LOST}
Disconnecting Steve [/10.0.0.9:1]: Bad login
Disconnecting Steve (/10.0.0.9:1): You are not white-listed on this server!
Steve[local][/10.0.0.9:1]{HERE}
Steve[/1:2[/10.0.0.9:1]{HERE}
Steve[[/[::1]:1]{HERE}
Steve]{LOST}
<Steve{LOST}
* left the game
[Bob] Steve left the game
[Bob] Stopping server
[Not Secure] * Steve died
[Not Secure] [Bob] Kicked Steve: spam
[Not Secure] Steve left the game
Bob issued server command: /me left the game
Bob: Steve left the game
Villager Villager['Steve'/7, l='world', x=1.0] died, message: 'Steve was slain by Zombie'
[Bob: Set the message to: Stopping server]
Steve left the game early
Stopping server soon
Starting minecraft server version{" "}
Preparing crash report with UUID {ID}
UUID of player Steve is {ID}0
Steve (formerly known as A B) joined the game
Steve has made the advancement [A
Banned IP 10.0.0.9: spam
Steve moved wrongly!
{"x" * 256} left the game
[Essentials] CONSOLE: Kicked Steve]
(mod) Steve died
"""


@pytest.mark.parametrize("message", NO_EVENTS.strip().splitlines())
@pytest.mark.parametrize("stamp", [OLD, NEW, NEOFORGE])
def test_what_players_can_make_a_server_print_is_no_event(stamp, message):
    assert parse_line(stamp + message) == Line(Kind.OTHER, *STAMPS[stamp])


@pytest.mark.parametrize(
    "stamp",
    [
        "[08:11:26] [Async Chat Thread - #0/INFO]: ",
        "[08:11:26] [Server thread/INFO] [org.minecraft.chatmod/]: ",
        "[08:11:26] [Server thread/INFO]: (chatmod) ",
        "[08:11:26] [Server thread/INFO] (chatmod) ",
        "[08:11:26] [Server] ",
        "[08:11:26] ",
        "2013-04-13 08:11:26 ",
    ],
)
@pytest.mark.parametrize("message", ["Steve left the game", "Stopping server", "[a: Kicked Bob]"])
def test_other_threads_and_mods_make_no_events(stamp, message):
    line = parse_line(stamp + message)
    wanted = Kind.ASIDE if "Async" in stamp else Kind.OTHER
    assert (line.kind, line.time) == (wanted, THEN)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("[08:11:26] [ServerMain/INFO]: Environment: Environment[…]", Kind.ASIDE),
        ("[08:11:26] [Worker-Main-1/INFO]: Loaded 1271 recipes", Kind.ASIDE),
        ("[08:11:26] [main/INFO] [cpw.mods.modlauncher.Launcher/]: running", Kind.ASIDE),
        ("[08:11:26 INFO]: Environment: Environment[…]", Kind.ASIDE),
        ("[08:11:26 INFO]: Loading libraries, please wait...", Kind.ASIDE),
        ("[08:11:26] [Server thread/INFO]: Preparing spawn area: 5%", Kind.OTHER),
        ("[08:11:26] [Some-Mod/ERROR]: Encountered an unexpected exception", Kind.ASIDE),
        ("[08:11:26] [Server thread/ERROR]: Encountered an unexpected exception", Kind.CRASH),
        (
            "[08:11:26] [Server Watchdog/FATAL]: Considering it to be crashed,"
            " server will forcibly shutdown.",
            Kind.CRASH,
        ),
    ],
)
def test_what_shows_that_a_server_is_running(line, kind):
    assert parse_line(line).kind is kind


@pytest.mark.parametrize(
    "stamp",
    [
        *("", "x [08:11:26 INFO]: ", "\tat ", "2013-04-13 08:11:265 [INFO] ", "[0A:11:26 INFO]: "),
        *("[25:61:00 INFO]: ", "[08:11:60] [main/INFO]: ", "2013-13-45 08:11:26 [INFO] "),
        *("2013-02-29 08:11:26 [INFO] ", "0000-01-01 08:11:26 ", NEOFORGE.replace("31", "32")),
        "[\u0660\u0668:11:26 INFO]: ",
    ],
)
def test_without_a_time_nothing_is_known(stamp):
    assert parse_line(f"{stamp}Steve left the game") == Line(Kind.UNKNOWN, None, None)


def test_chat_of_other_threads_is_chat():
    line = parse_line("[08:11:26] [Async Chat Thread - #0/INFO]: <Steve> hi")
    assert (line.kind, line.username, line.message) == (Kind.CHAT, "Steve", "hi")


def test_the_longest_name():
    assert parse_line(f"{NEW}{'x' * 255} left the game").username == "x" * 255


@pytest.mark.parametrize(
    ("username", "makes"),
    [
        *(("Steve", True), (".Bedrock", True), ("x" * 255, True), ("x" * 256, False)),
        *(("", False), ("*tom", False), ("a@b.example", False)),
    ],
)
def test_only_names_of_players_make_players(username, makes):
    assert makes_player(username) is makes
