-- Ends a session, but only for the holder of its token: a newer session of the same wallet stays.
--
-- KEYS[1]  session:{wallet}, a String: the JSON of a session record
-- ARGV[1]  SHA-256 of the token, hex
-- returns  1 the session was removed
--          0 there is no session, or it is another one, or the record cannot be read
-- Whole records only, as decodeSessionRecord has it: anything else counts as missing.
local function isWhole(number)
  return type(number) == 'number' and number % 1 == 0 and math.abs(number) < 2 ^ 53
end
local function isRecord(value)
  return type(value) == 'table' and type(value.wallet) == 'string' and isWhole(value.issuedAtMs)
    and isWhole(value.expiresAtMs)
end

local stored = redis.call('GET', KEYS[1])
if not stored then return 0 end
local readable, record = pcall(cjson.decode, stored)
if not readable or not isRecord(record) or record.tokenHash ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[1])
return 1
