#!/usr/bin/env node
/**
 * What Touchline may do in Redis: the commands it uses, on the keys and channels it has
 * (src/protocol/redis-keys.ts), as rules of an ACL user. `npm start` gives its own Redis such a user, with a
 * password that is made anew each time and stands nowhere but there.
 *
 * For another Redis: `node scripts/redis-acl.mjs` prints the line for its ACL file; put the password in.
 */
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ACL_USER = 'touchline';

const KEYS = [
  'session:*',
  'rate_limit:*',
  'limit:*',
  'nonce:*',
  'price:*',
  'prices:*',
  'cache:grid:*',
  'ws:clients',
  'mailbox:*',
  'delayed:*',
  'down:*',
  'replies:*',
  'dead:*',
  'outbox:*',
  'ledger:head',
];
const CHANNELS = ['prices:*', 'market:*', 'feed:*', 'sessions'];
const COMMANDS = [
  ...['auth', 'ping', 'quit', 'select', 'info', 'time'],
  ...['eval', 'evalsha', 'script|load', 'subscribe', 'unsubscribe', 'publish'],
  ...['get', 'set', 'getdel', 'del', 'unlink', 'exists', 'expire', 'ttl', 'pttl', 'type', 'incrby', 'scan'],
  'object|idletime',
  ...['hget', 'hset', 'hdel', 'sadd', 'srem', 'scard', 'sscan'],
  ...['zadd', 'zcard', 'zpopmin', 'zrange', 'zrangebyscore', 'zrevrangebyscore', 'zrem', 'zremrangebyscore'],
  ...['zscore', 'xadd', 'xread', 'xreadgroup', 'xack', 'xautoclaim', 'xclaim', 'xdel', 'xlen', 'xrange'],
  ...['xrevrange', 'xtrim', 'xpending', 'xgroup|create', 'xgroup|destroy', 'xinfo|groups', 'xinfo|stream'],
];

/** Of a user with that password: what an ACL file says behind `user <name>`. */
export const aclRules = (password) =>
  [
    ...['reset', 'on', `#${createHash('sha256').update(password).digest('hex')}`],
    ...KEYS.map((pattern) => `~${pattern}`),
    ...['resetchannels', ...CHANNELS.map((pattern) => `&${pattern}`)],
    ...['-@all', ...COMMANDS.map((command) => `+${command}`)],
  ].join(' ');

export const newPassword = () => randomBytes(32).toString('base64url');

/**
 * An ACL file in that directory with Touchline's user, and the default user as it is without one: who is on
 * this machine may look into Redis. Returns its path.
 */
export function writeAclFile(dir, password) {
  const path = join(dir, 'users.acl');
  const lines = ['user default on nopass ~* &* +@all', `user ${ACL_USER} ${aclRules(password)}`];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

/** With user and password. */
export function withUser(url, password) {
  const full = new URL(url);
  full.username = ACL_USER;
  full.password = password;
  return full.href;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(`user ${ACL_USER} ${aclRules('').replace(/#[0-9a-f]{64}/, '>PASSWORD')}`);
