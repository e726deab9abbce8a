"""Posts with stathat-async, a thread around stathat.py, by way of HTTP_PROXY."""

import queue
import sys

import requests

sys.modules["Queue"] = queue  # its name in Python 2
# As in post_stathat.py.
post = requests.Session.post
requests.Session.post = lambda session, url, prefetch, **options: post(session, url, **options)

import stathatasync  # noqa: E402

client = stathatasync.StatHat(sys.argv[1])
for number in (1, 2, 3):
    client.count("async hits", number)
client.value("async load", 1.5)
client.queue.join()
