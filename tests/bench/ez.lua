-- One form post to /ez at a time, over 1,000 stat names.
dofile(os.getenv("BENCH_REPORT"))
local key = os.getenv("BENCH_KEY")
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
