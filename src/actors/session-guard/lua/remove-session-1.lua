-- Ends a session, but only for the holder of its token: a newer session of the same wallet stays.
--
-- KEYS[1]  session:{wallet}, a String: the JSON of a session record
-- ARGV[1]  SHA-256 of the token, hex
-- returns  1 the session was removed
--          0 there is no session, or it is another one, or the record cannot be read
local stored = redis.call('GET', KEYS[1])
if not stored then return 0 end
local readable, record = pcall(cjson.decode, stored)
if not readable or type(record) ~= 'table' or record.tokenHash ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[1])
return 1
