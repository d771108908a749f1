-- Adds single ticks, and puts frames in place of whatever is in their time: nobody sees a gap or a duplicate.
--
-- KEYS[1]  prices:{symbol}:ts, a Sorted Set of frames and single ticks; score: the time of the first tick
-- ARGV[1]  time to live of the key, in seconds
-- ARGV[2]  how many frames
-- ARGV[…]  of each frame: time of its first tick, time of its last, the frame
-- ARGV[…]  of each single tick: its time, the member
-- returns  { how many members, first member, last member } afterwards
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  local from, to, frame = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  redis.call('ZREMRANGEBYSCORE', KEYS[1], from, to)
  redis.call('ZADD', KEYS[1], from, frame)
  at = at + 3
end
for single = at, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[single], ARGV[single + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return {
  redis.call('ZCARD', KEYS[1]),
  redis.call('ZRANGE', KEYS[1], 0, 0)[1] or '',
  redis.call('ZRANGE', KEYS[1], -1, -1)[1] or '',
}
