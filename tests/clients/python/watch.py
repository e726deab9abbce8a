"""watch.py URL: as watch.js, with websocket-client."""

import json
import sys

import websocket

socket = websocket.create_connection(sys.argv[1], timeout=20)
frames = [json.loads(socket.recv()) for _ in range(3)]
socket.ping("there?")
while (frame := socket.recv_frame()).opcode != websocket.ABNF.OPCODE_PONG:
    pass
socket.close(4321)
print(json.dumps({"frames": frames, "pong": frame.data.decode(), "closed": 4321}))
