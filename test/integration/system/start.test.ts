/** `npm start`: what it says, what Ctrl-C and SIGKILL leave behind, and that money outlives both. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditLedger } from '../../support/ledger-audit.ts';
import { OwnStart } from '../../support/own-start.ts';
import { allBets, createPlayer, type Player, placeOneBet, until } from '../../support/player.ts';
import { PROJECT_ROOT } from '../../support/source-files.ts';

/** For what takes seconds on an idle machine: a crowded one gets its time. */
const PATIENCE_MS = 180_000;

let own: OwnStart;
beforeEach(async () => {
  own = await OwnStart.create();
});
afterEach(() => own.end(), PATIENCE_MS);

/** With the same wallet; again while a busy machine does not answer in time. */
const signInAgain = ({ client, wallet }: Player): Promise<unknown> =>
  until(
    () => client.signIn(wallet),
    () => true,
  );
const isReady = async (): Promise<boolean> => (await fetch(`${own.adminUrl}/readyz`)).ok;

it('says where it listens, drains on Ctrl-C, and keeps the account for the next start', {
  timeout: PATIENCE_MS,
}, async () => {
  const first = await own.start();
  expect(first.output()).toContain(`page and API  ${own.url}`);
  expect(await isReady()).toBe(true);
  if (existsSync(join(PROJECT_ROOT, 'web/dist/index.html')))
    expect(await (await fetch(own.url)).text()).toContain('<title>');
  const player = await createPlayer(own.url, 4);
  const { id } = await placeOneBet(player);
  await until(
    () => allBets(player.client),
    (bets) => bets.every(({ status }) => status !== 'open'),
  );
  const account = await player.client.account();
  expect(account).toMatchObject({ wallet: player.address, openBets: 0 });

  expect(await first.interrupt()).toBe(0);
  expect(own.processes.running()).toEqual([]);
  expect(first.output()).not.toContain('did not stop in order');
  expect(auditLedger(own.dataDir).problems).toEqual([]);

  const second = await own.start();
  await signInAgain(player);
  expect(await player.client.account()).toEqual(account);
  expect((await allBets(player.client)).map((bet) => bet.id)).toContain(id);
  expect(await second.interrupt()).toBe(0);
  expect(own.processes.running()).toEqual([]);
});

it('refuses a second start on the same data, and the first one does not notice', {
  timeout: PATIENCE_MS,
}, async () => {
  const first = await own.start();
  const { code, output } = await own.startBeside();
  expect(code).toBe(1);
  expect(output).toContain(`ALREADY_RUNNING: Touchline already runs on ${join(own.dataDir, 'redis')}`);
  expect(output).toContain(`pid ${first.pid}`);
  expect(output).toContain('DATA_DIR');
  expect(await isReady()).toBe(true);
  expect(own.processes.running().toSorted()).toEqual([first.pid, first.corePid, first.redisPid].toSorted());
});

it('a killed start leaves nothing that blocks the next one', { timeout: PATIENCE_MS }, async () => {
  const first = await own.start();
  const player = await createPlayer(own.url, 4);
  const account = await player.client.account();
  await first.kill();
  // The core drains by itself; the Redis stays and is taken over.
  await own.processes.gone([first.pid, first.corePid]);
  expect(own.processes.running()).toEqual([first.redisPid]);

  const second = await own.start();
  expect(second.redisPid).toBe(first.redisPid);
  await signInAgain(player);
  expect(await player.client.account()).toEqual(account);
  expect(await second.interrupt()).toBe(0);
  await own.processes.gone();
});
