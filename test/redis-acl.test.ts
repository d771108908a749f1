/** The rules of Touchline's user in Redis cover every command and key of the code, and not everything. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aclRules } from '../scripts/redis-acl.mjs';
import * as redisKeys from '../src/protocol/redis-keys.ts';
import { PROJECT_ROOT } from './support/source-files.ts';

const rules = aclRules('secret').split(' ');
const scripts = readdirSync(join(PROJECT_ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.lua'))
  .map((path) => readFileSync(join(PROJECT_ROOT, 'src', path), 'utf8'));

it('allow every command of every script', () => {
  const calls = scripts.flatMap((text) => [...text.matchAll(/redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?/g)]);
  const needed = calls.map(([, command = '', sub]) =>
    ['OBJECT', 'XGROUP'].includes(command) ? `+${command}|${sub}`.toLowerCase() : `+${command}`.toLowerCase(),
  );
  expect(needed.length).toBeGreaterThan(50);
  expect([...new Set(needed)].filter((rule) => !rules.includes(rule))).toEqual([]);
});

it('cover every key, and nobody else’s', () => {
  // What an actor's name is cut out of; and what is made of a key, not of a name.
  const { actorOfDeadLettersKey: _, heldLettersKey, delayedKey, ...others } = redisKeys;
  const made = Object.values(others).flatMap((value) =>
    typeof value === 'function' ? [value('btc:usd' as never)] : typeof value === 'string' ? [value] : [],
  );
  const patterns = rules.filter((rule) => /^[~&]/.test(rule)).map((rule) => rule.slice(1));
  const isCovered = (key: string): boolean =>
    patterns.some((pattern) =>
      pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern,
    );
  const delayed = delayedKey('resolver');
  const keys = [...made, delayed, heldLettersKey(delayed)];
  expect(keys.length).toBeGreaterThan(20);
  expect(keys.filter((key) => !isCovered(key))).toEqual([]);
  expect(isCovered('other:key')).toBe(false);
});

it('hold a hash of the password, and nothing that is dangerous', () => {
  expect(rules.join(' ')).not.toContain('secret');
  expect(rules).toContain('-@all');
  for (const command of [
    'flushall',
    'flushdb',
    'config',
    'keys',
    'debug',
    'shutdown',
    'acl',
    'module',
    'monitor',
  ])
    expect(rules.filter((rule) => rule.startsWith(`+${command}`))).toEqual([]);
});
