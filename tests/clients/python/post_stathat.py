"""Posts with stathat.py: its requests go to HTTP_PROXY, which is the server under test."""

import json
import sys

import requests
import stathat

ezkey = sys.argv[1]
# The client asks requests not to stream, by a name that requests has forgotten since.
post = requests.Session.post
requests.Session.post = lambda session, url, prefetch, **options: post(session, url, **options)
client = stathat.StatHat(ezkey)
told = [
    client.count("py wtfs/minute", 10),
    client.value("py größe & co", 0.375),
    client.count("py sent~total,to all", 2.0),
    client.value("py wtfs/minute", 1),  # of the wrong kind
    stathat.StatHat("nobody@example.org").count("py wtfs/minute", 1),
]
print(json.dumps(told))
