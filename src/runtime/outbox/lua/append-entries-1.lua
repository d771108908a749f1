-- Adds a log's entries to its stream, if they follow what is there. Redis itself refuses an id it has had.
-- KEYS[1]  the outbox stream
-- ARGV[1]  the log's name
-- ARGV[2]  entries kept, at least
-- ARGV[3…] pairs: sequence number, body
-- returns  where the stream ends now, {log, id}; nil if there is none
local function newest()
  return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
end
local before = newest()
if not before then
  return nil
end
local last = tonumber(string.match(before[1], '^%d+'))
if before[2][2] ~= ARGV[1] or tonumber(ARGV[3]) > last + 1 then
  return { before[2][2], before[1] }
end
for i = 3, #ARGV, 2 do
  local added = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[i] .. '-0', 'l', ARGV[1], 'b', ARGV[i + 1])
  if type(added) == 'table' and added.err and not string.find(added.err, 'equal or smaller', 1, true) then
    return added
  end
end
return { ARGV[1], newest()[1] }
