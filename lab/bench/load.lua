-- Script for wrk: sends one kind of request, and prints the result as one line of JSON.
-- Arguments: method, body ("" for none), mean think time in milliseconds (0 for none).

-- The ports, if there are several; each thread gets one.
local ports, next_port = {}, 0
for port in (os.getenv("BENCH_PORTS") or ""):gmatch("%d+") do
  ports[#ports + 1] = port
end

function setup(thread)
  if #ports > 1 then
    next_port = next_port % #ports + 1
    thread.addr = wrk.lookup("127.0.0.1", ports[next_port])[1]
  end
end

function init(args)
  local method, body, think_ms = args[1], args[2], tonumber(args[3])
  wrk.method = method
  if body ~= "" then
    wrk.body = body
    wrk.headers["Content-Type"] = "application/json"
  end
  if think_ms > 0 then
    -- Exponential pauses, so that the connections do not send in lockstep.
    function delay()
      return math.floor(0.5 - think_ms * math.log(1 - math.random()))
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"errorStatuses":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
