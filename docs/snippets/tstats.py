"""TStats for games in Python 3.9 and later. Needs nothing but the standard library.

    stats = TStats("https://telemetry.example.org", "YOUR_APP_KEY")
    stats.event("Level started", {"level": 3})
    stats.close()  # or leave it to the end of the program

No call waits (but the close, for a moment) or raises. What happens while the server is away is
sent when it is back.
"""

import atexit
import json
import logging
import queue
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

log = logging.getLogger("tstats")


class TStats:
    def __init__(self, url, app_key=""):
        self._url = url.rstrip("/") + "/sessions/"
        self._app_key = app_key
        self._waiting = queue.Queue(1000)
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def event(self, kind, data=None):
        """Something happened; `data` is a text, a number, a dict or a list, up to 64 KiB."""
        path = "/event/" + urllib.parse.quote(str(kind).encode("utf-8", "replace"), safe="")
        # By this key the server knows an event that is sent again.
        self._add(path, {"event": data}, {"Idempotency-Key": uuid.uuid4().hex})

    def close(self, seconds=5):
        """The game is over. Returns once all has been sent, or after so many seconds."""
        if not self._is_closed:
            self._is_closed = True
            self._add("/close", {}, {})
        self._thread.join(seconds)

    def _add(self, path, fields, headers):
        try:
            body = json.dumps({"clientTime": _now(), **fields}).encode()
            self._waiting.put_nowait((path, body, headers))
        except (queue.Full, TypeError, ValueError, RecursionError) as problem:
            log.warning("Not sent: %r", problem)

    def _run(self):
        body = json.dumps({"clientTime": _now()}).encode()
        opened = self._send("POST", "", body, {"X-App-Key": self._app_key})
        while opened:
            path, body, headers = self._waiting.get()
            self._send("PUT", opened["_id"] + path, body, headers)
            if path == "/close":
                return

    def _send(self, method, path, body, headers):
        """The reply, whenever it comes; None if the server refuses, which it would again."""
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(self._url + path, body, headers, method=method)
        wait = 1
        while True:
            try:
                with urllib.request.urlopen(request, timeout=10) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as problem:
                if problem.code < 500 and problem.code not in (408, 429):
                    log.warning("Refused: %s", problem.read().decode())
                    return None
            except (OSError, ValueError):
                pass  # nobody there, or not who we think
            time.sleep(wait)
            wait = min(wait * 2, 60)


def _now():
    return int(time.time() * 1000)  # or a text such as 2013-06-30T20:39:25.987Z
