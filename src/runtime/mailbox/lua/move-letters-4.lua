-- Moves letters that are due into their mailbox, in due order, as many as fit. One that is to be taken once
-- and whose id was posted meanwhile is dropped.
-- KEYS[1]  the sorted set of ids held, by the instant they are due (µs since the Unix epoch)
-- KEYS[2]  the hash of letters held, by id; before each envelope 1 if its id is taken once, else 0
-- KEYS[3]  the mailbox stream
-- KEYS[4]  the sorted set of ids posted once, scored by time
-- ARGV[1]  how many letters the mailbox may hold, unacked included
-- ARGV[2]  how many letters to move at most
-- ARGV[3]  how many ids are remembered
-- ARGV[4]  seconds after which the ids of a quiet mailbox are forgotten
-- returns  how many were moved, or -1 if the mailbox is gone and must be made anew; and ms until the next one
--          is due, 0 if one is due now, -1 if none is held
local held = redis.call('EXISTS', KEYS[1], KEYS[2])
if held < 2 then
  -- The set and the hash go together: if one was evicted, the other is worth nothing.
  if held == 1 then
    redis.call('DEL', KEYS[1], KEYS[2])
  end
  return { 0, -1 }
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[2])
if #due > 0 and redis.call('EXISTS', KEYS[3]) == 0 then
  return { -1, 0 }
end
local room = #due > 0 and tonumber(ARGV[1]) - redis.call('XLEN', KEYS[3]) or 0
local moved = 0
for _, id in ipairs(due) do
  if room <= 0 then
    break
  end
  local letter = redis.call('HGET', KEYS[2], id)
  local once = string.sub(letter, 1, 1) == '1'
  if not (once and redis.call('ZSCORE', KEYS[4], id)) then
    redis.call('XADD', KEYS[3], '*', 'e', string.sub(letter, 2))
    room = room - 1
    if once then
      redis.call('ZADD', KEYS[4], string.format('%.0f', now), id)
      redis.call('EXPIRE', KEYS[4], ARGV[4])
      if redis.call('ZCARD', KEYS[4]) > tonumber(ARGV[3]) then
        redis.call('ZPOPMIN', KEYS[4])
      end
    end
  end
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
  moved = moved + 1
end
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #next == 0 then
  return { moved, -1 }
end
return { moved, math.max(0, math.ceil((next[2] - now) / 1000)) }
