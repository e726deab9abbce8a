"""What a demo remembers from one start to the next, in a file that only its owner reads."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

__all__ = ["State"]


@dataclass(slots=True)
class State:
    """Secrets are shown once by the server, so clients keep those that they were given."""

    seed: int
    scale: float
    project_id: int = 0
    project_made: str = ""
    """When, so that another one of the same number is not taken for it."""
    began: float = 0.0
    """When the history ends: the time of the first start."""
    admin: str = ""
    password: str = ""
    secret_key: str = ""
    manage_token: str = ""
    server_key: str = ""
    client_id: str = ""
    client_secret: str = ""
    devices: dict[str, str] = field(default_factory=dict)
    """Tokens, by the names of devices."""
    sent: dict[str, int] = field(default_factory=dict)
    """Of each lane, how many requests were acknowledged, so that none is sent twice."""
    is_prepared: bool = False

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """What was saved there; None if nothing was. ``ValueError`` if it cannot be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except TypeError as reason:
            raise ValueError(str(reason)) from reason

    def save(self, path: Path) -> None:
        """As a whole or not at all."""
        new = path.with_suffix(".new")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            json.dump({**asdict(self), "sent": dict(self.sent)}, out, indent=1)
        new.replace(path)
