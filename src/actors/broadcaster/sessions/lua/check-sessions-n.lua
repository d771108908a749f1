-- For each of some tokens: is its session alive, and how many of some bets may its wallet place in this minute?
-- One round trip for all who ask in one turn of a thread.
-- Only hashes are compared: how long an unequal comparison takes tells nothing about a token.
--
-- Two keys for each token:
-- KEYS[1]  session:{wallet}, a String: the JSON of a session record
-- KEYS[2]  rate_limit:{wallet}, a String: bets placed in the running window
-- ARGV[1]  length of the window in seconds
-- ARGV[2]  seconds after which a session that nobody used has ended
-- and three for each token:
-- ARGV[3]  SHA-256 of the token, hex
-- ARGV[4]  bets allowed per window; 0 = only check the session, count nothing
-- ARGV[5]  bets to be placed, at least one unless ARGV[4] is 0
-- returns  for each token, in their order
--          { 'NO_SESSION' }                          no session, another token's, an unreadable record, or one
--                                                    that was idle: it is removed
--          { 'OK', expiresAtMs, betsLeft, granted, windowLeftSeconds }
--                                                    as many were counted; all 0 when nothing was to be
--          { 'LIMITED', retryAfterSeconds }          room for none; refused bets are not counted
--          { 'BROKEN' }                              a key is not what it should be; the others do not suffer
local windowSeconds, idleSecondsMax = tonumber(ARGV[1]), tonumber(ARGV[2])

-- Whole records only, as decodeSessionRecord has it: anything else counts as missing.
local function isWhole(number)
  return type(number) == 'number' and number % 1 == 0 and math.abs(number) < 2 ^ 53
end
local function isRecord(value)
  return type(value) == 'table' and type(value.wallet) == 'string' and isWhole(value.issuedAtMs)
    and isWhole(value.expiresAtMs)
end

local function check(sessionKey, rateKey, tokenHash, limit, asked)
  -- Redis knows when the record was last read, because it evicts by it: so the use of a session costs no write.
  -- Asked before the record is read. Where Redis does not keep that time (LFU), only the time to live counts.
  local idle = redis.pcall('OBJECT', 'IDLETIME', sessionKey)
  if type(idle) == 'number' and idle >= idleSecondsMax then
    redis.call('UNLINK', sessionKey)
    return { 'NO_SESSION' }
  end

  local stored = redis.call('GET', sessionKey)
  if not stored then return { 'NO_SESSION' } end
  local readable, record = pcall(cjson.decode, stored)
  if not readable or not isRecord(record) or record.tokenHash ~= tokenHash then return { 'NO_SESSION' } end

  if limit == 0 then return { 'OK', record.expiresAtMs, 0, 0, 0 } end

  local used = tonumber(redis.call('GET', rateKey) or '0')
  local leftMs = redis.call('PTTL', rateKey)
  if used >= limit and leftMs > 0 then return { 'LIMITED', math.ceil(leftMs / 1000) } end
  -- No window runs, or the counter has no time to live (nobody here makes one): start a window.
  if leftMs <= 0 then
    local granted = math.min(asked, limit)
    redis.call('SET', rateKey, tostring(granted), 'EX', windowSeconds)
    return { 'OK', record.expiresAtMs, limit - granted, granted, windowSeconds }
  end
  local granted = math.min(asked, limit - used)
  local left = limit - redis.call('INCRBY', rateKey, granted)
  return { 'OK', record.expiresAtMs, left, granted, math.ceil(leftMs / 1000) }
end

local results = {}
for i = 1, #KEYS / 2 do
  local limit, asked = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  local isDone, result = pcall(check, KEYS[2 * i - 1], KEYS[2 * i], ARGV[3 * i], limit, asked)
  results[i] = isDone and result or { 'BROKEN' }
end
return results
