-- One event at a time, PUT as the seed has it, into 5,000 open sessions in turn.
dofile(os.getenv("BENCH_REPORT"))
local project = os.getenv("BENCH_KEY")
local types = {"looking for match", "game started", "level completed", "fps"}
local turn = 0

function setup(thread)
  thread:set("start", math.random(0, 4999))
end

function init(args)
  turn = start
  wrk.method = "PUT"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  turn = (turn + 7) % 5000
  local path = string.format("/sessions/019000000000700080000000%08x%s/event/%s",
    turn, project, types[turn % 4 + 1]:gsub(" ", "%%20"))
  local body = string.format(
    '{"clientTime":"2013-06-30T20:39:25.987Z","event":{"level":%d,"average":58.5,"low":31}}', turn % 40)
  return wrk.format(nil, path, nil, body)
end
