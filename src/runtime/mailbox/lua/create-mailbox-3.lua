-- Makes what is missing of a mailbox; leaves the rest alone. A mailbox made anew has lost letters, so their
-- ids are forgotten with them: whoever sends them again must not be told that they were posted.
-- KEYS[1]  the stream of letters
-- KEYS[2]  the stream of control letters
-- KEYS[3]  the sorted set of ids posted once
-- ARGV[1]  the consumer group
-- returns  how many of the two streams or groups were made
local made = 0
for i = 1, 2 do
  local reply = redis.pcall('XGROUP', 'CREATE', KEYS[i], ARGV[1], '0', 'MKSTREAM')
  if reply.err == nil then
    made = made + 1
  elseif not string.find(reply.err, 'BUSYGROUP') then
    return reply
  end
end
if made > 0 then
  redis.call('DEL', KEYS[3])
end
return made
