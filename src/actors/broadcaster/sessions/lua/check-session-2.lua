-- Is this token's session alive, and may its wallet place one more bet in this minute? One round trip.
-- Only hashes are compared: how long an unequal comparison takes tells nothing about a token.
--
-- KEYS[1]  session:{wallet}, a String: the JSON of a session record
-- KEYS[2]  rate_limit:{wallet}, a String: bets placed in the running window
-- ARGV[1]  SHA-256 of the token, hex
-- ARGV[2]  bets allowed per window; 0 = only check the session, count nothing
-- ARGV[3]  length of the window in seconds
-- returns  { 'NO_SESSION' }                          no session, another token's, or an unreadable record
--          { 'OK', expiresAtMs, betsLeft }           betsLeft is 0 when nothing was counted
--          { 'LIMITED', retryAfterSeconds }          refused bets are not counted
-- Whole records only, as decodeSessionRecord has it: anything else counts as missing.
local function isWhole(number)
  return type(number) == 'number' and number % 1 == 0 and math.abs(number) < 2 ^ 53
end
local function isRecord(value)
  return type(value) == 'table' and type(value.wallet) == 'string' and isWhole(value.issuedAtMs)
    and isWhole(value.expiresAtMs)
end

local stored = redis.call('GET', KEYS[1])
if not stored then return { 'NO_SESSION' } end
local readable, record = pcall(cjson.decode, stored)
if not readable or not isRecord(record) or record.tokenHash ~= ARGV[1] then return { 'NO_SESSION' } end

local limit = tonumber(ARGV[2])
if limit == 0 then return { 'OK', record.expiresAtMs, 0 } end

local used = tonumber(redis.call('GET', KEYS[2]) or '0')
local leftMs = redis.call('PTTL', KEYS[2])
if used >= limit and leftMs > 0 then return { 'LIMITED', math.ceil(leftMs / 1000) } end
-- No window runs, or the counter has no time to live (nobody here makes one): start a window.
if leftMs <= 0 then
  redis.call('SET', KEYS[2], '1', 'EX', ARGV[3])
  return { 'OK', record.expiresAtMs, limit - 1 }
end
return { 'OK', record.expiresAtMs, limit - redis.call('INCR', KEYS[2]) }
