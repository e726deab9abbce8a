-- One form post to /ez at a time, over 1,000 stat names. Prints what happened as JSON.
local key = os.getenv("BENCH_EZKEY")
local turn = 0

function setup(thread)
  thread:set("start", math.random(0, 999))
end

function init(args)
  turn = start
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end

function request()
  turn = (turn + 7) % 1000
  return wrk.format(nil, "/ez", nil, "ezkey=" .. key .. "&stat=stat+" .. turn .. "&count=1")
end

function done(summary, latency, requests)
  local e = summary.errors
  io.stderr:write(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
