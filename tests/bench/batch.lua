-- JSON batches to /ez, each with 1,000 distinct stats.
local key = os.getenv("BENCH_EZKEY")
local body

function init(args)
  local items = {}
  for number = 0, 999 do
    items[#items + 1] = '{"stat": "stat ' .. number .. '", "count": 1}'
  end
  body = '{"ezkey": "' .. key .. '", "data": [' .. table.concat(items, ", ") .. "]}"
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  return wrk.format(nil, "/ez", nil, body)
end

function done(summary, latency, requests)
  local e = summary.errors
  io.stderr:write(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
