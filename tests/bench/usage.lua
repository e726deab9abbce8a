-- What an app's SDK sends: a heartbeat and an event in turn, by 100,000 devices.
dofile(os.getenv("BENCH_REPORT"))
local key = os.getenv("BENCH_KEY")
local keys = {"level_success", "level_fail", "in_app_purchase", "share"}
local device = 0
local now = 0

function setup(thread)
  thread:set("start", math.random(0, 99999))
end

function init(args)
  device = start
  now = os.time() * 1000 - 3600000
end

function request()
  device = (device + 7919) % 100000
  now = now + 1
  local path = string.format("/i?app_key=%s&device_id=device-%d&sdk_name=java-native-android" ..
    "&sdk_version=24.7.1&timestamp=%d&hour=14&dow=3&tz=120&rr=0", key, device, now)
  if device % 2 == 0 then
    return wrk.format("GET", path .. "&session_duration=60")
  end
  local events = string.format('%%5B%%7B%%22key%%22%%3A%%22%s%%22%%2C%%22count%%22%%3A1%%2C%%22sum%%22%%3A2.5' ..
    '%%2C%%22timestamp%%22%%3A%d%%2C%%22hour%%22%%3A14%%2C%%22dow%%22%%3A3%%2C%%22segmentation%%22%%3A%%7B' ..
    '%%22level%%22%%3A%%22%d%%22%%2C%%22difficulty%%22%%3A%%22%s%%22%%7D%%7D%%5D',
    keys[device % 4 + 1], now, device % 40, device % 3 == 0 and "easy" or "hard")
  return wrk.format("GET", path .. "&events=" .. events)
end
