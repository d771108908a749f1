-- Posts letters to a mailbox that exists, as many as fit, in order.
-- KEYS[1]  the mailbox stream
-- ARGV[1]  how many letters the mailbox may hold, unacked included
-- ARGV[2…] encoded envelopes
-- returns  how many were accepted (the first ones); -1 if the mailbox is gone and must be made anew
if redis.call('EXISTS', KEYS[1]) == 0 then
  return -1
end
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local accepted = 0
for i = 2, #ARGV do
  if accepted >= room then
    break
  end
  redis.call('XADD', KEYS[1], '*', 'e', ARGV[i])
  accepted = accepted + 1
end
return accepted
