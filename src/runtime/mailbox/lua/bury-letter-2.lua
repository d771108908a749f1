-- Moves a letter to the dead letters in one step, so that a repeat after a lost reply finds it moved.
-- KEYS[1]  the mailbox stream
-- KEYS[2]  the stream of dead letters
-- ARGV[1]  the consumer group
-- ARGV[2]  entry id of the letter
-- ARGV[3]  how many dead letters are kept, about
-- ARGV[4…] fields and values of the dead letter
-- returns  1 if it was moved, 0 if the mailbox does not hold it
if redis.call('XDEL', KEYS[1], ARGV[2]) == 0 then
  return 0
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 4))
return 1
