-- The members that hold the ticks of a time range, and what the set holds, as of one moment.
--
-- KEYS[1]  prices:{symbol}:ts, a Sorted Set of frames and single ticks; score: the time of the first tick
-- ARGV[1]  fromMs, both ends included
-- ARGV[2]  toMs
-- ARGV[3]  ticks wanted at most
-- ARGV[4]  the first byte of a frame
-- ARGV[5]  ticks in a frame
-- returns  { how many members, first member, last member, members of the range in order… }
local BATCH = 64
local from, to, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3])
local frameByte, frameTicks = tonumber(ARGV[4]), tonumber(ARGV[5])
local reply = {
  redis.call('ZCARD', KEYS[1]),
  redis.call('ZRANGE', KEYS[1], 0, 0)[1] or '',
  redis.call('ZRANGE', KEYS[1], -1, -1)[1] or '',
}
-- A frame that begins before the range may reach into it.
local before = redis.call('ZREVRANGEBYSCORE', KEYS[1], '(' .. from, '-inf', 'LIMIT', 0, 1)[1]
if before and string.byte(before) == frameByte then reply[#reply + 1] = before end

local ticks, offset = 0, 0
while ticks < wanted do
  local batch = redis.call('ZRANGEBYSCORE', KEYS[1], from, to, 'LIMIT', offset, BATCH)
  for _, member in ipairs(batch) do
    if ticks >= wanted then break end
    ticks = ticks + (string.byte(member) == frameByte and frameTicks or 1)
    reply[#reply + 1] = member
  end
  if #batch < BATCH then break end
  offset = offset + BATCH
end
return reply
