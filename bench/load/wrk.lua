-- Sends the requests in the files named after `--` in turn and ends with one line of JSON, as bench/load/main.ts does.
local requests = {}
local turn = 0

function init(args)
  for _, name in ipairs(args) do
    local file = assert(io.open(name, 'rb'))
    requests[#requests + 1] = file:read('*a')
    file:close()
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50":%.1f,"p99":%.1f,"failures":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), failures
  ))
end
