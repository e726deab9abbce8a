-- JSON batches to /ez, each with 1,000 distinct stats.
dofile(os.getenv("BENCH_REPORT"))
local key = os.getenv("BENCH_KEY")
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
