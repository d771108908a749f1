import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { Metrics, silentLogger, systemClock } from '../../src/runtime/index.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { useRedis } from '../support/use-redis.ts';

const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const used = useRedis();
beforeEach(async () => {
  await used.redis.flushall();
});

interface Ran {
  readonly code: number;
  /** The last line of standard output, parsed. */
  readonly json: {
    letters?: { id: string; replayCount: number }[];
    results?: { result: string }[];
    [field: string]: unknown;
  };
  readonly errors: string;
}

function run(...args: string[]): Promise<Ran> {
  const env = { ...process.env, REDIS_URL: used.server.url };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'dead', ...args], { env }, (error, stdout, stderr) => {
      const last = stdout.trimEnd().split('\n').at(-1);
      const code = error ? Number(error.code) : 0;
      resolve({ code, json: last ? JSON.parse(last) : {}, errors: stderr });
    });
  });
}

function office(): RedisPostOffice {
  const metrics = new Metrics('test');
  return new RedisPostOffice({
    redisUrl: used.server.url,
    redis: used.redis,
    clock: systemClock,
    log: silentLogger,
    metrics,
  });
}

/** Posts letters and buries them, as an actor does that they crash. */
async function bury(actor: string, ...types: string[]): Promise<void> {
  const mailbox = await office().open(actor);
  for (const type of types) {
    const letter: Envelope = {
      id: `id-${type}`,
      type,
      from: 'tester',
      sentAtMs: 1,
      body: { type },
      key: 'k',
    };
    await office().post(actor, letter);
    const [delivery] = await mailbox.take(1);
    if (delivery) await mailbox.bury(delivery, `Error: no ${type}\n    at stack`, 1_700_000_000_000);
  }
  await mailbox.close();
}

describe('touchline dead', () => {
  it('lists nothing where nothing is dead', async () => {
    expect(await run('list')).toMatchObject({ code: 0, json: { letters: [] } });
  });

  it('lists all actors or one, and shows one letter whole', async () => {
    await bury('one', 'A', 'B');
    await bury('two', 'C');
    const all = await run('list');
    expect(all.json.letters).toMatchObject([
      { actor: 'one', type: 'A', key: 'k', error: 'Error: no A', replayCount: 0, quarantined: false },
      { actor: 'one', type: 'B' },
      { actor: 'two', type: 'C', attempts: 1, at: '2023-11-14T22:13:20.000Z' },
    ]);
    expect(all.errors).toContain('Error: no A');
    expect((await run('list', 'two')).json.letters).toHaveLength(1);
    const id = all.json.letters?.[0]?.id ?? '';
    expect(await run('show', 'one', id)).toMatchObject({
      code: 0,
      json: { id, error: 'Error: no A\n    at stack', envelope: { id: 'id-A', body: { type: 'A' } } },
    });
    expect(await run('show', 'one', '1-1')).toMatchObject({ code: 1, json: null });
  });

  it('replays one letter, then all of an actor', async () => {
    await bury('one', 'A', 'B');
    const id = (await run('list')).json.letters?.[0]?.id ?? '';
    expect(await run('replay', 'one', id)).toMatchObject({
      code: 0,
      json: { results: [{ result: 'replayed' }] },
    });
    expect((await run('replay', 'one')).json.results).toHaveLength(1);
    const mailbox = await office().open('one');
    expect((await mailbox.take(10)).map(({ envelope }) => envelope.type)).toEqual(['A', 'B']);
    await mailbox.close();
    expect((await run('list')).json.letters).toEqual([]);
  });

  it('says so when a letter cannot be replayed', async () => {
    expect(await run('replay', 'one', '1-1')).toMatchObject({
      code: 1,
      json: { results: [{ id: '1-1', result: 'unknown' }] },
    });
  });

  it('drops one letter, then the rest', async () => {
    await bury('one', 'A', 'B', 'C');
    const id = (await run('list')).json.letters?.[0]?.id ?? '';
    expect(await run('drop', 'one', id)).toMatchObject({ code: 0, json: { dropped: 1 } });
    expect(await run('drop', 'one', id)).toMatchObject({ code: 1, json: { dropped: 0 } });
    expect(await run('drop', 'one')).toMatchObject({ code: 0, json: { dropped: 2 } });
  });

  it.each([[['bury']], [['show', 'one']], [['replay']], [['list', 'a', 'b', 'c']]])(
    'refuses %j as wrong usage',
    async (args) => {
      expect((await run(...args)).code).toBe(2);
    },
  );
});
