-- One beat at a time, by 10,000 devices in turn.
dofile(os.getenv("BENCH_REPORT"))
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
