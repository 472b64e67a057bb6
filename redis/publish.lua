-- Replaces the document of KEYS[1] if the new revision is higher than the live one, and announces
-- it on a channel. The revision 0 stands for one more than the live one. It returns a status, the
-- revisions after and before, the live ETag before, and the number of receivers.
local body, etag, revision, signature, publication, channel, hint = unpack(ARGV)
revision = tonumber(revision)

local live = {'0', ''}
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' then
	if kind == 'hash' then
		live = redis.call('HMGET', KEYS[1], 'revision', 'etag', 'publication')
	end
	if kind ~= 'hash' or not tonumber(live[1]) or not live[2] then
		return {'foreign', 0, 0, '', 0}
	end
end
local before = tonumber(live[1])
if live[3] == publication then -- the client has repeated its call because it got no answer
	return {'repeated', before, 0, live[2], 0}
end
if revision == 0 then
	revision = before + 1
end
if revision <= before then
	return {'refused', before, before, live[2], 0}
end

-- Nothing is undone if a command fails, for lack of rights or memory. So the only write comes last.
local receivers = redis.call('PUBLISH', channel, hint)
redis.call('HSET', KEYS[1], 'revision', string.format('%.0f', revision), 'etag', etag, 'body', body,
	'signature', signature, 'publication', publication)
return {'published', revision, before, live[2], receivers}
