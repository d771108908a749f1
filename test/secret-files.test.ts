import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';

let directory: string;
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'touchline-secrets-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('secrets out of files', () => {
  it('are whole URLs', () => {
    const config = readConfig({
      REDIS_URL_FILE: file('url', 'redis://user:s3cret@127.0.0.1:7000\n'),
      ETH_RPC_URL_FILE: file('rpc', 'https://node.example/key\n'),
    });
    expect(config).toMatchObject({
      REDIS_URL: 'redis://user:s3cret@127.0.0.1:7000',
      ETH_RPC_URL: 'https://node.example/key',
    });
  });

  it.each([
    ['redis://touchline@127.0.0.1:7000', 'redis://touchline:p%2F%40ss@127.0.0.1:7000'],
    ['redis://127.0.0.1:7000', 'redis://:p%2F%40ss@127.0.0.1:7000'],
    ['redis://u:own@127.0.0.1:7000', 'redis://u:own@127.0.0.1:7000'],
    ['unix:///run/redis.sock', 'unix://:p%2F%40ss@localhost/run/redis.sock'],
    ['/run/redis.sock', 'unix://:p%2F%40ss@localhost/run/redis.sock'],
    ['unix://touchline@localhost/run/redis.sock', 'unix://touchline:p%2F%40ss@localhost/run/redis.sock'],
  ])('are a password for %s, and for the mailboxes', (url, full) => {
    const config = readConfig({
      REDIS_URL: url,
      REDIS_MAILBOX_URL: url,
      REDIS_PASSWORD_FILE: file('password', 'p/@ss\n'),
    });
    expect(config).toMatchObject({ REDIS_URL: full, REDIS_MAILBOX_URL: full });
  });

  it('are refused without being shown', () => {
    const empty = file('empty', ' \n');
    const good = file('good', 'redis://a:hidden@b');
    expect(() => readConfig({ REDIS_URL_FILE: join(directory, 'no') })).toThrow(
      'REDIS_URL_FILE: cannot read',
    );
    expect(() => readConfig({ REDIS_PASSWORD_FILE: empty })).toThrow('REDIS_PASSWORD_FILE');
    expect(() => readConfig({ REDIS_URL: 'redis://x', REDIS_URL_FILE: good })).toThrow('are both set');
    const wrong = file('wrong', 'http://hidden');
    expect(() => readConfig({ REDIS_URL_FILE: wrong })).toThrow(/^(?!.*hidden)/);
  });
});
