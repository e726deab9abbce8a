"use strict";
// Preloaded (node -r): requests to api.stathat.com go to PORT of this machine instead, as they
// would by the DNS entry of a server that took its place. The clients themselves are untouched.
const http = require("http");
const request = http.request;

http.request = function (options, ...rest) {
  if (options.hostname === "api.stathat.com" || options.host === "api.stathat.com") {
    options = {
      ...options,
      host: "127.0.0.1",
      hostname: "127.0.0.1",
      port: process.env.PORT,
      headers: { ...options.headers, host: "api.stathat.com" },
    };
  }
  return request.call(http, options, ...rest);
};
