-- Replaces an outbox stream by another, in one step: no reader ever sees a part of it as the whole.
-- It begins with an entry that has no body, so that it exists, and says which log it is, before the first one.
-- KEYS[1]  the outbox stream
-- ARGV[1]  the log's name
-- ARGV[2…] pairs: sequence number, body
-- returns  OK
redis.call('UNLINK', KEYS[1])
redis.call('XADD', KEYS[1], '0-1', 'l', ARGV[1])
for i = 2, #ARGV, 2 do
  redis.call('XADD', KEYS[1], ARGV[i] .. '-0', 'l', ARGV[1], 'b', ARGV[i + 1])
end
return redis.status_reply('OK')
