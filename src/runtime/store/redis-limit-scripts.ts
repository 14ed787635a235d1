/**
 * What runs inside Redis, in one step each: whoever else shares the counters sees all of it or nothing. Amounts are whole and below
 * 2^53, which Lua's numbers hold exactly; Redis adds them up as 64-bit integers.
 *
 * Keys come in pairs, one pair for each take: a hash and a sorted set. Of a rate the hash has the amount of each part of its window;
 * of a budget's window it has `settled` and `reserved`, and the set has the open reservations (`id amount`) by the time at which
 * they lapse. A lapsed reservation counts as spent: its process died, or what it came to is told late, and corrected then.
 */
const shared = `
-- Redis takes no "-0".
local function whole(n) return n == 0 and "0" or string.format("%.0f", n) end

local function lapse(counter, leases, now)
  local late = redis.call("ZRANGEBYSCORE", leases, "-inf", whole(now), "LIMIT", 0, 1000)
  for _, member in ipairs(late) do
    redis.call("ZREM", leases, member)
    local amount = string.match(member, " (%d+)$")
    redis.call("HINCRBY", counter, "reserved", whole(-tonumber(amount)))
    redis.call("HINCRBY", counter, "settled", amount)
  end
end

local function account(counter)
  local found = redis.call("HMGET", counter, "settled", "reserved")
  return tonumber(found[1] or 0), tonumber(found[2] or 0)
end

-- The parts that still count, the oldest first, and their sum.
local function window(counter, take, now)
  local found = redis.call("HGETALL", counter)
  local parts, total = {}, 0
  for i = 1, #found, 2 do
    local part, amount = tonumber(found[i]), tonumber(found[i + 1])
    if (part + 1) * take.partMs + take.perMs <= now then
      redis.call("HDEL", counter, found[i])
    else
      total = total + amount
      parts[#parts + 1] = { part, amount }
    end
  end
  table.sort(parts, function(a, b) return a[1] < b[1] end)
  return parts, total
end
`;

/** ARGV: now, id, lease in ms, takes. Returns `held` and the place of each take, or `refused`, an index and a time ("" for never). */
export const admitScript = `${shared}
local now, id, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local takes = cjson.decode(ARGV[4])
local wanted, last = {}, {}
local function refused(i, at) return { "refused", whole(i - 1), at and whole(at) or "" } end

for i, take in ipairs(takes) do
  local counter, leases = KEYS[2 * i - 1], KEYS[2 * i]
  local amount = take.amount + (wanted[counter] or 0)
  wanted[counter] = amount
  if amount > take.most then return refused(i, nil) end
  if take.kind == "rate" then
    local parts, total = window(counter, take, now)
    if #parts > 0 then last[counter] = parts[#parts][1] end
    local over = total + amount - take.most
    if over > 0 then
      for _, each in ipairs(parts) do
        over = over - each[2]
        if over <= 0 then return refused(i, (each[1] + 1) * take.partMs + take.perMs) end
      end
      return refused(i, nil)
    end
  elseif not take.counts then
    if take.most == 0 then return refused(i, nil) end
    local settled, reserved = account(counter)
    local used = settled + reserved
    if used >= take.most or amount > take.most - used then return refused(i, take.endMs) end
  end
end

local answer = { "held" }
for i, take in ipairs(takes) do
  local counter, leases = KEYS[2 * i - 1], KEYS[2 * i]
  if take.kind == "rate" then
    local part = math.max(math.floor(now / take.partMs), last[counter] or 0)
    redis.call("HINCRBY", counter, whole(part), whole(take.amount))
    redis.call("PEXPIRE", counter, whole((part + 1) * take.partMs + take.perMs - now + 1000))
    answer[#answer + 1] = whole(part)
  else
    redis.call("HINCRBY", counter, "reserved", whole(take.amount))
    redis.call("ZADD", leases, whole(now + lease), id .. "-" .. i .. " " .. whole(take.amount))
    local keep = whole(take.endMs - now + 2 * lease)
    redis.call("PEXPIRE", counter, keep)
    redis.call("PEXPIRE", leases, keep)
    answer[#answer + 1] = whole(take.startMs)
  end
end
redis.call("SET", KEYS[2 * #takes + 1], "", "PX", whole(2 * lease))
return answer
`;

/** ARGV: now, id, takes with \`place\` and \`actual\`. Returns 1, or 0 where it was settled before. */
export const settleScript = `${shared}
local now, id = tonumber(ARGV[1]), ARGV[2]
local takes = cjson.decode(ARGV[3])
if redis.call("DEL", KEYS[2 * #takes + 1]) == 0 then return 0 end
for i, take in ipairs(takes) do
  local counter, leases = KEYS[2 * i - 1], KEYS[2 * i]
  if redis.call("EXISTS", counter) == 1 then
    if take.kind == "rate" then
      local counted = redis.call("HGET", counter, whole(take.place))
      if counted then
        local change = math.max(take.actual - take.amount, -tonumber(counted))
        redis.call("HINCRBY", counter, whole(take.place), whole(change))
      end
    elseif redis.call("ZREM", leases, id .. "-" .. i .. " " .. whole(take.amount)) == 1 then
      redis.call("HINCRBY", counter, "reserved", whole(-take.amount))
      redis.call("HINCRBY", counter, "settled", whole(take.actual))
    else
      redis.call("HINCRBY", counter, "settled", whole(take.actual - take.amount))
    end
  end
end
return 1
`;

/** ARGV: now, one take. Returns what is settled, and what is reserved. */
export const standingScript = `${shared}
local now, take = tonumber(ARGV[1]), cjson.decode(ARGV[2])
if take.kind == "rate" then
  local _, total = window(KEYS[1], take, now)
  return { whole(total), "0" }
end
lapse(KEYS[1], KEYS[2], now)
local settled, reserved = account(KEYS[1])
return { whole(settled), whole(reserved) }
`;
