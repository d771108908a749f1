-- Is this token's session alive, and how many of some bets may its wallet place in this minute? One round trip.
-- Only hashes are compared: how long an unequal comparison takes tells nothing about a token.
--
-- KEYS[1]  session:{wallet}, a String: the JSON of a session record
-- KEYS[2]  rate_limit:{wallet}, a String: bets placed in the running window
-- ARGV[1]  SHA-256 of the token, hex
-- ARGV[2]  bets allowed per window; 0 = only check the session, count nothing
-- ARGV[3]  length of the window in seconds
-- ARGV[4]  bets to be placed, at least one unless ARGV[2] is 0
-- ARGV[5]  seconds after which a session that nobody used has ended
-- returns  { 'NO_SESSION' }                          no session, another token's, an unreadable record, or one
--                                                    that was idle: it is removed
--          { 'OK', expiresAtMs, betsLeft, granted, windowLeftSeconds }
--                                                    as many were counted; all 0 when nothing was to be
--          { 'LIMITED', retryAfterSeconds }          room for none; refused bets are not counted
-- Whole records only, as decodeSessionRecord has it: anything else counts as missing.
local function isWhole(number)
  return type(number) == 'number' and number % 1 == 0 and math.abs(number) < 2 ^ 53
end
local function isRecord(value)
  return type(value) == 'table' and type(value.wallet) == 'string' and isWhole(value.issuedAtMs)
    and isWhole(value.expiresAtMs)
end

-- Redis knows when the record was last read, because it evicts by it: so the use of a session costs no write.
-- Asked before the record is read. Where Redis does not keep that time (LFU), only the time to live counts.
local idle = redis.pcall('OBJECT', 'IDLETIME', KEYS[1])
if type(idle) == 'number' and idle >= tonumber(ARGV[5]) then
  redis.call('UNLINK', KEYS[1])
  return { 'NO_SESSION' }
end

local stored = redis.call('GET', KEYS[1])
if not stored then return { 'NO_SESSION' } end
local readable, record = pcall(cjson.decode, stored)
if not readable or not isRecord(record) or record.tokenHash ~= ARGV[1] then return { 'NO_SESSION' } end

local limit = tonumber(ARGV[2])
if limit == 0 then return { 'OK', record.expiresAtMs, 0, 0, 0 } end

local asked = tonumber(ARGV[4])
local used = tonumber(redis.call('GET', KEYS[2]) or '0')
local leftMs = redis.call('PTTL', KEYS[2])
if used >= limit and leftMs > 0 then return { 'LIMITED', math.ceil(leftMs / 1000) } end
-- No window runs, or the counter has no time to live (nobody here makes one): start a window.
if leftMs <= 0 then
  local granted = math.min(asked, limit)
  redis.call('SET', KEYS[2], tostring(granted), 'EX', ARGV[3])
  return { 'OK', record.expiresAtMs, limit - granted, granted, tonumber(ARGV[3]) }
end
local granted = math.min(asked, limit - used)
local left = limit - redis.call('INCRBY', KEYS[2], granted)
return { 'OK', record.expiresAtMs, left, granted, math.ceil(leftMs / 1000) }
