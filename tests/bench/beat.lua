-- One beat at a time, by 10,000 devices in turn. Prints what happened as JSON.
local turn = 0

function setup(thread)
  thread:set("start", math.random(0, 9999))
end

function init(args)
  turn = start
  wrk.method = "POST"
end

function request()
  turn = (turn + 7) % 10000
  return wrk.format(nil, "/api/beat", {["Authorization"] = "bench-device-" .. turn})
end

function done(summary, latency, requests)
  local e = summary.errors
  io.stderr:write(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
