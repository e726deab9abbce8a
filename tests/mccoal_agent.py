"""An agent that behaves as mc-coal's original does, but sleeps less, for tests of a live server.

It follows a server's log and posts each line until that is answered by 2xx, for ever. It starts
without a token; after any 401 it asks for one, by its refresh token if it has one, and tries once
more. If that is refused it forgets its tokens.
"""

import http.client
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter

POLL, RETRY, PING_EVERY = 0.02, 0.05, 0.2
SKIPPED = re.compile(r"[\w-]+ [\w:]+ \[WARNING\] (?:.+ moved wrongly!|Can't keep up! )")
NO_ANSWER = (OSError, http.client.HTTPException)


class Refused(Exception):
    """An answer that is an error."""


class CoalAgent(threading.Thread):
    """Follows `log` from its end, or from where it had come to if it is to `parse_history`."""

    def __init__(self, url, client_id, secret, log, zone, *, parse_history=False):
        super().__init__(daemon=True)
        self.url, self.client_id, self.secret = url, client_id, secret
        self.log, self.zone, self.parse_history = log, zone, parse_history
        self.access_token = self.refresh_token = None
        self.statuses = Counter()
        self.failures = 0
        self.resumed_at = None
        self._ends = threading.Event()
        self._last_ping = 0.0
        # As the original does: by the time it runs, it knows where to begin.
        self._last_line = self._lastline() if parse_history else None
        self._from = 0 if parse_history else log.stat().st_size

    def stop(self):
        self._ends.set()
        self.join(timeout=20)
        assert not self.is_alive()

    # HTTP

    def _ask(self, method, path, form=None):
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self.url + path, data, method=method)
        if self.access_token and not path.startswith("/oauth"):
            request.add_header("Authorization", f"Bearer {self.access_token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                self.statuses[path, reply.status] += 1
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            self.statuses[path, error.code] += 1
            return error.code, None

    def _request_tokens(self):
        form = {"client_id": self.client_id, "client_secret": self.secret, "scope": "agent"}
        if self.refresh_token is None:
            form |= {"grant_type": "authorization_code", "code": self.secret, "redirect_uri": "/"}
        else:
            form |= {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        self.access_token = self.refresh_token = None
        status, document = self._ask("POST", "/oauth/v1/token", form)
        if status >= 400:
            raise Refused(status)
        self.access_token = document["access_token"]
        self.refresh_token = document["refresh_token"]

    def _send(self, method, path, form=None):
        status, document = self._ask(method, path, form)
        if status == 401:
            self._request_tokens()
            status, document = self._ask(method, path, form)
        if status >= 400:
            raise Refused(status)
        return document

    # What it does

    def _lastline(self):
        return self._send("GET", "/api/v1/agents/lastline")["lastline"]

    def _ping(self, *, running):
        form = {"server_name": "localhost", "is_server_running": running, "server_day": 3}
        form |= {"server_time": 6000, "is_raining": False, "is_thundering": True}
        try:
            assert self._send("POST", "/api/v1/agents/ping", form)["commands"] == []
        except (*NO_ANSWER, Refused):
            self.failures += 1

    def _post(self, line):
        if SKIPPED.match(line):
            return
        while not self._ends.is_set():
            try:
                self._send("POST", "/api/v1/agents/logline", {"line": line, "zone": self.zone})
            except (*NO_ANSWER, Refused):
                self.failures += 1
                time.sleep(RETRY)
            else:
                return

    def run(self):
        is_reading = self._last_line is None
        size = self.log.stat().st_size
        with self.log.open("rb") as log:
            log.seek(self._from)
            while not self._ends.is_set():
                if time.monotonic() > self._last_ping + PING_EVERY:
                    self._ping(running=True)
                    self._last_ping = time.monotonic()
                where = log.tell()
                line = log.readline().decode("iso-8859-2", "ignore").strip()
                if not line:
                    log.seek(where)
                    time.sleep(POLL)
                elif is_reading:
                    self._post(line)
                elif line == self._last_line:
                    self.resumed_at = log.tell()
                    is_reading = True
                elif log.tell() >= size:
                    is_reading = True
        self._ping(running=False)
