-- Sends the requests in the files named after `--` and `own` or `mixed`, and ends with one line of JSON, as
-- bench/load/main.ts does. `own`: there are as many threads as requests, and each sends its own; `mixed`: all in turn.
local threads = 0
local requests = {}
local turn = 0

function setup(thread)
  threads = threads + 1
  thread:set('number', threads)
end

function init(args)
  for index = 2, #args do
    if args[1] == 'mixed' or index - 1 == number then
      local file = assert(io.open(args[index], 'rb'))
      requests[#requests + 1] = file:read('*a')
      file:close()
    end
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
