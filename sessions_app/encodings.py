"""How the bytes of a server's log are read."""

__all__ = ["decoded"]


def decoded(line: bytes) -> str:
    """A line of its own, so that it reads the same in whatever part of a file it comes."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
