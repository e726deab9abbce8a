"""The very first start, on a machine where there is nothing yet."""

import re
import urllib.request

from tests.server import running_server


def test_a_server_that_begins_with_nothing_makes_all_it_needs() -> None:
    with running_server(prepared=False) as server:
        with urllib.request.urlopen(f"{server.url}/accounts/login/", timeout=10) as page:
            (style,) = re.findall(
                r'href="(/static/telemetry/telemetry\.\w+\.css)"', page.read().decode()
            )
        with urllib.request.urlopen(f"{server.url}{style}", timeout=10) as reply:
            assert reply.headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert server.query("SELECT name, is_default FROM telemetry_project") == [("Default", True)]
        assert server.query("SELECT username FROM telemetry_user") == [("admin",)]
        assert len(server.admin_password) >= 16
        key = server.create_project()["ezkey"]
        posted = f"ezkey={key}&stat=a&count=1".encode()
        with urllib.request.urlopen(f"{server.url}/ez", posted, timeout=10) as reply:
            assert reply.read() == b'{"status":200,"msg":"ok"}'
