"""The address of this server, where no request tells by which name it was reached."""

from django.conf import settings

_ANY = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound


def own_url(host: str = "", port: int = 0) -> str:
    """``PUBLIC_URL``, or else scheme, host and port that reach it from this machine."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host = host or settings.HOST
    if host in _ANY:
        host = "localhost"
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port or settings.PORT}"
