"""What a line of a Minecraft server's log says.

Much of what a server prints are the words of its players, so a line counts as an event only if its
message says so from the first character on, and to the last where it has an end: what is said in
chat comes after ``<name>``, ``* name`` or ``[name]``, and no user name has a bracket in it or is a
mere asterisk. Three things a player can do still need care:

* Plugins print chat in formats of their own, some without brackets, from threads called ``Async
  Chat Thread``. Such a line is chat or nothing.
* Whoever connects can claim any name before the server has checked it. Those lines have an address
  or a ``GameProfile`` between the name and ``lost connection``, or begin with ``Disconnecting``.
  Nobody had logged in, so nobody leaves: they say nothing that we know.
* Mods log what they like under names of their own. Where a line names its logger, only Minecraft's
  own counts.

No part of a line is looked at more than a few times, whatever is in it: the patterns have no
repetition inside a repetition, nor two that could share the same characters.
"""

from sessions_app.lines.formats import parse_line
from sessions_app.lines.kinds import (
    MAX_USERNAME,
    Kind,
    Line,
    kinds_with,
    makes_player,
    tags_of,
)

__all__ = ["MAX_USERNAME", "Kind", "Line", "kinds_with", "makes_player", "parse_line", "tags_of"]
