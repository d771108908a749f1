-- Acks and deletes letters in one step: acking alone would leave them in the stream, deleting alone in the
-- pending list.
-- KEYS[1]  the mailbox stream
-- ARGV[1]  the consumer group
-- ARGV[2…] entry ids
-- returns  how many were deleted
local ids = {}
for i = 2, #ARGV do
  ids[#ids + 1] = ARGV[i]
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.pcall('XACK', KEYS[1], ARGV[1], unpack(ids))
return redis.call('XDEL', KEYS[1], unpack(ids))
