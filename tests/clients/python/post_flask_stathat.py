"""Posts with flask-stathat, which sends one JSON batch at the end of each request."""

import json
import sys

import flask
from flask_stathat import StatHat

app = flask.Flask(__name__)
app.config["STATHAT_EZ_KEY"] = sys.argv[1]
stats = StatHat(app)
stats.url = sys.argv[2]
replies = []
stats.session.hooks["response"].append(lambda reply, **_: replies.append(reply.json()))


@app.get("/")
def page() -> str:
    stats.count("flask größe ☃", 2)
    stats.count("flask sent~total,europe", 1)
    stats.value("flask load", 0.732)
    stats.value("flask sent total", 5)  # of the wrong kind
    return "page"


app.test_client().get("/")
print(json.dumps(replies))
