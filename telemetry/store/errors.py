"""Why a write was not stored."""


class StoreError(Exception):
    """The write was not acknowledged. `retry_after` is in seconds, for the header of that name."""

    retry_after: int | None = None


class StoreUnavailable(StoreError):
    """The database is away, or did not answer in time. A later try may succeed."""

    retry_after = 5

    def __init__(self, message: str = "the database is not available, try again later") -> None:
        super().__init__(message)


class StoreOverloaded(StoreError):
    """More is waiting to be written than this process may hold. A later try may succeed."""

    retry_after = 1

    def __init__(self, message: str = "the server is overloaded, try again later") -> None:
        super().__init__(message)


class WriteRejected(StoreError):
    """PostgreSQL refuses this very write, whatever it is committed together with."""
