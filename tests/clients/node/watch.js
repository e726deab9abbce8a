"use strict";
// node watch.js URL: opens a websocket, reads three frames, pings, closes with a code of its own,
// and prints as JSON what it was told.
const WebSocket = require("ws");
const socket = new WebSocket(process.argv[2]);
const told = { frames: [], pong: "", closed: 0 };

socket.on("message", (data, isBinary) => {
  told.frames.push(isBinary ? "binary" : JSON.parse(data.toString()));
  if (told.frames.length === 3) socket.ping("there?");
});
socket.on("pong", (data) => {
  told.pong = data.toString();
  socket.close(4321, "seen enough");
});
socket.on("close", (code) => {
  told.closed = code;
  console.log(JSON.stringify(told));
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
