-- 50 requests at once, each of another device, as a relay or an SDK that was offline sends them.
dofile(os.getenv("BENCH_REPORT"))
local key = os.getenv("BENCH_KEY")
local device = 0
local now = 0

function setup(thread)
  thread:set("start", math.random(0, 99999))
end

function init(args)
  device = start
  now = os.time() * 1000 - 3600000
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  local items = {}
  for i = 1, 50 do
    device = (device + 7919) % 100000
    now = now + 1
    items[i] = string.format('{"device_id":"device-%d","timestamp":%d,"session_duration":60}', device, now)
  end
  local body = '{"app_key":"' .. key .. '","requests":[' .. table.concat(items, ",") .. "]}"
  return wrk.format(nil, "/i/bulk", nil, body)
end
