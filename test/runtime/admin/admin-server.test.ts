import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { actors } from '../../../src/cli/actors-command.ts';
import { type AdminServer, startAdminServer } from '../../../src/runtime/admin/admin-server.ts';
import { type ActorsReport, Metrics } from '../../../src/runtime/index.ts';
import { supervisorSpec } from '../../../src/runtime/supervision/child-spec.ts';
import { createWorld, leaf } from '../supervision/scripted-world.ts';

let world: ReturnType<typeof createWorld>;
let admin: AdminServer;
beforeEach(async () => {
  world = createWorld([
    leaf({ id: 'store' }),
    supervisorSpec({
      supervisor: 'pair',
      children: [leaf({ id: 'left', restartsMax: 5, backoffFirstMs: 1_000 }), leaf({ id: 'right' })],
    }),
  ]);
  admin = await startAdminServer({
    port: 0,
    supervisor: world.supervisor,
    metrics: new Metrics('main'),
    mainThread: { health: { loopDelayMs: 7, heapBytes: 1 } },
  });
  await world.supervisor.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await admin.close();
  await world.supervisor.stop();
});

async function crashLeftTwice(): Promise<void> {
  world.newest('left').exit(new Error('boom'));
  await world.advance(10);
  world.newest('left').exit(new Error('boom again'));
}

describe('the live tree', () => {
  it('is answered at /actors with all that is known of each child', async () => {
    await world.advance(1_000);
    await crashLeftTwice();
    const report = (await (await fetch(`${admin.url}/actors`)).json()) as ActorsReport;
    expect(report).toMatchObject({
      pid: process.pid,
      ready: false,
      mainThread: { loopDelayMs: 7, heapBytes: 1 },
      actors: [
        { id: 'store', state: 'running', health: { mailboxDepth: 0, loopDelayMs: 0, heapBytes: 0 } },
        {
          id: 'pair',
          children: [
            { id: 'left', state: 'backing-off', restarts: 2, lastError: 'boom again' },
            { id: 'right' },
          ],
        },
      ],
    });
    expect((await fetch(`${admin.url}/readyz`)).status).toBe(503);
  });

  it('is drawn by `touchline actors --once`, and given as its result', async () => {
    const drawn = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await actors.run(['--once', '--admin', admin.url])).toMatchObject({
      exitCode: 0,
      json: { admin: admin.url, ready: true, actors: [{ id: 'store' }, { id: 'pair' }] },
    });
    expect(drawn.mock.calls.join()).toMatch(/left +running/);
    await crashLeftTwice();
    expect(await actors.run(['--once', '--admin', admin.url])).toMatchObject({ exitCode: 1 });
  });

  it('says so when nothing answers', async () => {
    await admin.close();
    await expect(actors.run(['--once', '--admin', admin.url])).rejects.toThrow('is the system running?');
  });
});
