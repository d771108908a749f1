-- Holds a letter back until it is due by Redis' own clock. The set and the hash go together: if one was
-- evicted, the other is worth nothing.
-- KEYS[1]  the sorted set of ids held, by the instant they are due (µs since the Unix epoch)
-- KEYS[2]  the hash of letters held, by id
-- KEYS[3]  the sorted set of ids posted once
-- ARGV[1]  how many may be held
-- ARGV[2]  ms until it is due
-- ARGV[3]  its id
-- ARGV[4]  1 if the mailbox takes this id once, else 0
-- ARGV[5]  the encoded envelope
-- returns  1 if it is held, or was before, or was posted once; 0 if too many are held
if redis.call('EXISTS', KEYS[1], KEYS[2]) == 1 then
  redis.call('DEL', KEYS[1], KEYS[2])
end
if redis.call('ZSCORE', KEYS[1], ARGV[3]) then
  return 1
end
if ARGV[4] == '1' and redis.call('ZSCORE', KEYS[3], ARGV[3]) then
  return 1
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
local time = redis.call('TIME')
local due = time[1] * 1000000 + time[2] + ARGV[2] * 1000
redis.call('ZADD', KEYS[1], string.format('%.0f', due), ARGV[3])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4] .. ARGV[5])
return 1
