"""How the key that a rejected request carried leads to a project.

Keys are looked up in the batch that stores the rejection. One that is nobody's stores nothing: so
who only guesses keys can write to nobody's log.
"""

from dataclasses import dataclass

from telemetry.keys import hash_secret

__all__ = [
    "ACCESS_TOKEN",
    "APP_KEY",
    "DEFAULT",
    "EZKEY",
    "SECRET_KEY",
    "UKEY",
    "Key",
    "KeyKind",
]

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class KeyKind:
    """Keys of one kind. `sql` selects (key, project) for an array of keys, by an index.

    `is_secret`: they are looked up by their hashes. `is_public`: who may read the log may know them
    anyway. Apps describe the kinds that they have.
    """

    sql: bytes
    is_secret: bool = False
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A key as a request carried it; unless public, it is masked wherever it stands."""

    kind: KeyKind
    text: str

    @property
    def sought(self) -> str:
        """What it is looked up by; empty if nobody can have such a key."""
        if not self.text or not self.text.isprintable() or len(self.text) > _LONGEST:
            return ""
        return hash_secret(self.text) if self.kind.is_secret else self.text


def _of_project(column: str) -> bytes:
    return (f"SELECT {column}, id FROM telemetry_project WHERE {column} = ANY(%b::text[])").encode()


_DEFAULT = KeyKind(
    b"SELECT '*', id FROM telemetry_project WHERE is_default AND '*' = ANY(%b::text[])",
    is_public=True,
)
APP_KEY = KeyKind(_of_project("app_key"))
# Of a project whose EZ API is off as well: somebody wonders why nothing arrives.
EZKEY = KeyKind(_of_project("ezkey"))
UKEY = KeyKind(_of_project("ukey"))
SECRET_KEY = KeyKind(
    _of_project("secret_key_hash") + b" AND secret_key_hash <> ''",  # as its index has it
    is_secret=True,
)
ACCESS_TOKEN = KeyKind(
    b"SELECT token_hash, project_id FROM telemetry_accesstoken"
    b" WHERE token_hash = ANY(%b::text[]) AND (expires_at IS NULL OR expires_at > now())",
    is_secret=True,
)
DEFAULT = Key(_DEFAULT, "*")
"""What stands for no key, where that means the default project."""
