-- Brings a dead letter back into its mailbox in one step.
-- KEYS[1]  the stream of dead letters
-- KEYS[2]  the mailbox stream
-- ARGV[1]  entry id of the dead letter
-- ARGV[2]  how many letters the mailbox may hold
-- ARGV[3]  the encoded envelope to post
-- returns  1 if it was posted, 0 if there is no such dead letter, -1 if the mailbox is gone, -2 if it is full
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
  return 0
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  return -1
end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then
  return -2
end
redis.call('XADD', KEYS[2], '*', 'e', ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
