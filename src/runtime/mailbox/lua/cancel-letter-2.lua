-- Forgets a letter that is held back.
-- KEYS[1]  the sorted set of ids held, by the instant they are due
-- KEYS[2]  the hash of letters held, by id
-- ARGV[1]  its id
-- returns  1 if it was held, else 0
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
