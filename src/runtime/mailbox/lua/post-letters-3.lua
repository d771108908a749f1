-- Posts letters to a mailbox that exists, as many as fit, in order. A letter that came with an id and whose
-- id was posted before counts as accepted and is not posted again.
-- KEYS[1]  the mailbox stream
-- KEYS[2]  the sorted set of ids posted once, scored by time
-- KEYS[3]  there while the actor is known to be down
-- ARGV[1]  how many letters the mailbox may hold, unacked included
-- ARGV[2]  how many ids are remembered
-- ARGV[3]  seconds after which the ids of a quiet mailbox are forgotten
-- ARGV[4]  1 if there are asks among the letters: nothing is posted then while the actor is down
-- ARGV[5…] pairs: id or empty string, encoded envelope
-- returns  places of the letters refused, from 0; -1 if the mailbox is gone and must be made anew; -2 if the
--          actor is down and there are asks
if ARGV[4] == '1' and redis.call('EXISTS', KEYS[3]) == 1 then
  return -2
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  return -1
end
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local refused = {}
for i = 5, #ARGV, 2 do
  local id = ARGV[i]
  local isKnown = id ~= '' and redis.call('ZSCORE', KEYS[2], id)
  if not isKnown and room <= 0 then
    refused[#refused + 1] = (i - 5) / 2
  elseif not isKnown then
    redis.call('XADD', KEYS[1], '*', 'e', ARGV[i + 1])
    room = room - 1
    if id ~= '' then
      local time = redis.call('TIME')
      redis.call('ZADD', KEYS[2], time[1] * 1000000 + time[2], id)
      redis.call('EXPIRE', KEYS[2], ARGV[3])
      if redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[2]) then
        redis.call('ZPOPMIN', KEYS[2])
      end
    end
  end
end
return refused
