-- Takes tokens out of a bucket that fills by itself: all that are asked for, or none.
--
-- KEYS[1]  limit:{address}, a String: `<tokens>:<ms>`, what was in the bucket when
-- ARGV[1]  tokens the bucket holds
-- ARGV[2]  tokens it gets anew each second
-- ARGV[3]  tokens asked for
-- returns  { 1, left }   taken; left in thousandths of a token
--          { 0, left }   not enough: nothing was taken
-- A bucket that is not there, or cannot be read, is full.
local burst, perSecond, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local tokens = burst
local stored = redis.call('GET', KEYS[1])
local before, atMs = string.match(stored or '', '^(%d+%.?%d*):(%d+)$')
if before then
  local passedMs = math.max(0, nowMs - tonumber(atMs))
  tokens = math.min(burst, tonumber(before) + passedMs / 1000 * perSecond)
end

local granted = 0
if tokens >= cost then
  granted = 1
  tokens = tokens - cost
end
-- Once it is full again there is nothing to remember.
local fullInMs = math.max(1, math.ceil((burst - tokens) / perSecond * 1000))
redis.call('SET', KEYS[1], string.format('%.3f:%d', tokens, nowMs), 'PX', fullInMs)
return { granted, math.floor(tokens * 1000) }
