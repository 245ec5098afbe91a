-- wrk sends until its time is up; this sends exactly `count` requests, `depth` of them in each write, and says when all
-- are answered. The caller then interrupts wrk.
-- usage: wrk -t1 -c4 -d60s -s exact.lua URL -- PREFIX COUNT DEPTH keep|close
local planned, sent, answered, count, depth, prefix, close

function init(args)
  prefix, count, depth, close = args[1], tonumber(args[2]), tonumber(args[3]), args[4] == "close"
  -- wrk asks for one request before it begins, to look at it; that one is never sent.
  planned, sent, answered = 0, -depth, 0
end

-- Called before each write; another connection may be asked before this one's request is made.
function delay()
  if planned >= count then
    return 3600000
  end
  planned = planned + depth
  return 0
end

function request()
  local parts = {}
  for i = 1, depth do
    sent = sent + 1
    wrk.headers["Connection"] = close and "close" or nil
    parts[i] = wrk.format("GET", prefix .. sent)
  end
  return table.concat(parts)
end

function response()
  answered = answered + 1
  if answered == count then
    io.write("all answered\n")
    io.flush()
  end
end
