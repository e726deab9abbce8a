"""What can go wrong, in one line and with the way out."""


class PostgresProblem(Exception):
    """The embedded server cannot be had: ``message`` says why, ``hint`` what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message.rstrip('.')}. {hint}" if hint else message)
        self.message = message
        self.hint = hint
