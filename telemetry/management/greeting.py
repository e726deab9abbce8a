"""What ``serve`` says when it starts: where, with which password, and a line to try."""

from collections.abc import Iterator

from telemetry.addresses import own_url
from telemetry.models import Project
from telemetry.services import Bootstrapped


def greeting(host: str, port: int, made: Bootstrapped | None) -> Iterator[str]:
    """Lines to print; secrets only if they have just been made, and then for the only time."""
    url = own_url(host, port)
    yield f"Telemetry server: {url}/   (API: {url}/api/docs/, admin: {url}/admin/)"
    if made and made.admin:
        yield (
            f"Sign in as {made.admin.username} with the password {made.admin.password}"
            " (shown only now)"
        )
    project = Project.objects.filter(is_default=True).first()
    if project:
        yield "Try it:"
        yield f"  StatHat    curl -d 'ezkey={project.ezkey}&stat=hello&count=1' {url}/ez"
        if made and made.project:
            yield (
                f"  heartbeat  curl -X POST -H 'Authorization: {made.project.secret_key}'"
                " -H 'Content-Type: application/json' -d '{\"name\":\"Laptop\"}'"
                f" {url}/api/devices"
            )
            yield "             (registers a device; this key for that is shown only now)"
        else:
            yield f"  heartbeat  curl {url}/api/stats"
        yield f"  TStats     curl -X POST -H 'X-App-Key: {project.app_key}' {url}/sessions/"
        begin = f"app_key={project.app_key}&device_id=my-phone&begin_session=1"
        yield f"  Countly    curl '{url}/i?{begin}'"
        if made and made.project:
            yield (
                f"  mc-coal    curl -H 'Authorization: Bearer {made.project.manage_token}'"
                f" -d name=Survival {url}/api/v1/servers"
            )
            yield "             (makes a Minecraft server; this token is shown only now)"
        else:
            yield f"  mc-coal    curl {url}/api/v1/servers"
    yield "Stop with Ctrl-C."
