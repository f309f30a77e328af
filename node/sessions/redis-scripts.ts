/**
 * What must happen in Redis at once, as Lua scripts. A session is a hash: `data` is its record, and beside it the facts
 * that the scripts decide by. All keys of a user or a session expire together.
 *
 * | key                        | holds                                                                              |
 * |----------------------------|------------------------------------------------------------------------------------|
 * | `{prefix}session:{token}`  | hash: `revision`, `ended` (0 or 1), `history` (id), `data` (JSON)                    |
 * | `{prefix}user:{userToken}` | the session token                                                                  |
 * | `{prefix}history:{id}`     | JSON                                                                               |
 * | `{prefix}histories`        | sorted set: history keys by the time of their expiry, to bound their number        |
 *
 * Scripts touch several keys, so Redis Cluster is not supported; a primary with replicas or behind Sentinel's address
 * is.
 */
import { type CommandParser, defineScript } from '@redis/client';

/** The session key, those of its users, those of users who are gone; then what to write. */
export interface SessionWrite {
  readonly key: string;
  readonly userKeys: readonly string[];
  readonly staleUserKeys: readonly string[];
  readonly sessionToken: string;
  readonly revision: number;
  readonly ended: boolean;
  readonly historyId: string;
  readonly data: string;
  readonly ttlMs: number;
}

/** ARGV: 1 token, 2 revision, 3 ended, 4 history id, 5 data, 6 ttl, 7 how many of KEYS after the first are users'. */
const WRITE = `
local users = tonumber(ARGV[7])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'ended', ARGV[3], 'history', ARGV[4], 'data', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
for i = 2, #KEYS do
  if i <= users + 1 then redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[6]) else redis.call('DEL', KEYS[i]) end
end
`;

/** 1 when it was written, 0 when the key was taken. */
const INSERT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
${WRITE}
return 1
`;

/**
 * ARGV: 8 expected revision, 9 channel to tell the token to, or ''. 1 when it was written, 0 when the revision differs.
 */
const REPLACE = `
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[8] then return 0 end
${WRITE}
if ARGV[9] ~= '' then redis.call('PUBLISH', ARGV[9], ARGV[1]) end
return 1
`;

/**
 * 'kept', 'displaced', or 'ended' when what is stored has ended and what is given has not. A later revision is the
 * owner's own that overtook this one, and stays.
 */
const KEEP = `
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local stored = redis.call('HMGET', KEYS[1], 'history', 'ended', 'revision')
if stored[1] and stored[1] ~= ARGV[4] then return 'displaced' end
if stored[2] == '1' then return ARGV[3] == '1' and 'kept' or 'ended' end
local revision = stored[3] and tonumber(stored[3])
if revision and revision > tonumber(ARGV[2]) then return 'kept' end
${WRITE}
return 'kept'
`;

/** KEYS: history, histories. ARGV: 1 data, 2 ttl, 3 time of its expiry, 4 now, 5 how many histories at most. */
const SAVE_HISTORY = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'zset' and kind ~= 'none' then redis.call('DEL', KEYS[2]) end
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[5])
if surplus > 0 then
  for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do redis.call('DEL', key) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, surplus - 1)
end
return 1
`;

function pushWrite(parser: CommandParser, write: SessionWrite): void {
  parser.pushKeysLength([write.key, ...write.userKeys, ...write.staleUserKeys]);
  parser.push(write.sessionToken, String(write.revision), write.ended ? '1' : '0', write.historyId, write.data);
  parser.push(String(write.ttlMs), String(write.userKeys.length));
}

export const SCRIPTS = {
  insertSession: defineScript({
    SCRIPT: INSERT,
    parseCommand: (parser: CommandParser, write: SessionWrite) => pushWrite(parser, write),
    transformReply: (reply: unknown) => reply === 1,
  }),
  replaceSession: defineScript({
    SCRIPT: REPLACE,
    parseCommand: (parser: CommandParser, expectedRevision: number, write: SessionWrite, channel: string) => {
      pushWrite(parser, write);
      parser.push(String(expectedRevision), channel);
    },
    transformReply: (reply: unknown) => reply === 1,
  }),
  keepSession: defineScript({
    SCRIPT: KEEP,
    parseCommand: (parser: CommandParser, write: SessionWrite) => pushWrite(parser, write),
    transformReply: (reply: unknown) => (reply === 'ended' || reply === 'displaced' ? reply : 'kept'),
  }),
  saveHistory: defineScript({
    SCRIPT: SAVE_HISTORY,
    parseCommand: (
      parser: CommandParser,
      key: string,
      index: string,
      args: { readonly data: string; readonly ttlMs: number; readonly now: number; readonly max: number },
    ) => {
      parser.pushKeysLength([key, index]);
      const { data, ttlMs, now, max } = args;
      parser.push(data, String(ttlMs), String(now + ttlMs), String(now), String(max));
    },
    transformReply: () => undefined,
  }),
} as const;
