/**
 * The load of the bets bench, in a process of its own: it is told what to do by its parent, one job at a
 * time, and says what came of it. Closed loop: each connection keeps so many requests under way.
 */
import { cpus } from 'node:os';
import type { GridView } from '../../src/protocol/api/frames.ts';
import { round } from '../support/figures.ts';
import { usageOf } from '../support/process-usage.ts';
import { CellChoice } from './cell-choice.ts';
import { getText, type HttpAnswer, HttpConnection, postText } from './http-connection.ts';
import { type Figures, StopWatch } from './stop-watch.ts';
import { WsConnection } from './ws-connection.ts';

export interface Account {
  readonly wallet: string;
  readonly token: string;
}

export interface LoadJob {
  readonly way: 'ws' | 'http' | 'mixed';
  readonly port: number;
  /** Of the service. */
  readonly pid: number;
  readonly accounts: readonly Account[];
  /** Each signed in with one of the accounts, in turn. */
  readonly connections: number;
  /** Requests each connection keeps under way; over HTTP it is one. */
  readonly underWay: number;
  readonly warmMs: number;
  readonly measureMs: number;
}

export interface LoadFigures extends Figures {
  /** Of this process while it measured, as a share of one core. */
  readonly cpu: number;
  /** What the service used while it was measured, for each success; its Redis not counted. */
  readonly cpuMicrosEach: number;
  /** Of all processes together, as a share of all cores. */
  readonly machineBusy: number;
  /** Of `mixed`: the bets among the requests, which wait for a tick. */
  readonly bets?: Figures;
}

interface Bettor extends Account {
  readonly taken: Set<string>;
}

const GRID_EVERY_MS = 500;
/** Of a hundred mixed requests. */
const MIX = { price: 40, grid: 20, account: 20, list: 15 };
const CODE = /"code":"([A-Z_]+)"/;

/** Kept over jobs: a wallet bets on a cell once. */
const bettors = new Map<string, Bettor>();
let lastKey = 0;

function bettorOf(account: Account): Bettor {
  const known = bettors.get(account.wallet);
  // A new life of a server gives the wallet a new token.
  const bettor = { ...account, taken: known?.taken ?? new Set<string>() };
  bettors.set(account.wallet, bettor);
  return bettor;
}

async function cellsOf(port: number): Promise<{ cells: CellChoice; close(): void }> {
  const connection = await HttpConnection.open(port);
  const cells = new CellChoice();
  const learn = async (): Promise<void> => {
    const { status, body } = await connection.request(getText('/v1/grid'));
    if (status === 200) cells.learn(JSON.parse(body) as GridView, Date.now());
  };
  await learn();
  let timer = setTimeout(again, GRID_EVERY_MS);
  async function again(): Promise<void> {
    await learn();
    timer = setTimeout(again, GRID_EVERY_MS);
  }
  return {
    cells,
    close: () => {
      clearTimeout(timer);
      connection.close();
    },
  };
}

function newKey(): string {
  lastKey += 1;
  return `k${process.pid}-${lastKey}`;
}

function betText(bettor: Bettor, cells: CellChoice): string {
  const headers = `Authorization: Bearer ${bettor.token}\r\nIdempotency-Key: ${newKey()}\r\n`;
  return postText('/v1/bets', headers, cells.next(bettor.taken));
}

const bettorOfConnection = (job: LoadJob, index: number): Bettor => {
  const account = job.accounts[index % job.accounts.length];
  if (!account) throw new Error('no accounts');
  return bettorOf(account);
};

const each = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** Signed in, and then `underWay` bets at a time. */
async function openSocket(
  job: LoadJob,
  index: number,
  cells: CellChoice,
  watch: () => StopWatch | undefined,
) {
  const bettor = bettorOfConnection(job, index);
  const startedMs = new Map<number, number>();
  const signedIn = Promise.withResolvers<void>();
  let lastId = 0;
  const place = (): void => {
    lastId += 1;
    startedMs.set(lastId, performance.now());
    const bet = cells.next(bettor.taken);
    socket.send(`{"op":"place","id":${lastId},"idempotencyKey":"${newKey()}","bet":${bet}}`);
  };
  const socket = await WsConnection.open(job.port, (payload) => {
    const head = payload.toString('latin1', 0, 120);
    if (head.includes('"ack":"auth"')) return signedIn.resolve();
    if (!head.includes('"ack":')) return;
    const id = requestIdOf(payload, head);
    const began = startedMs.get(id);
    if (began === undefined) throw new Error(`an answer to nothing: ${payload.toString()}`);
    startedMs.delete(id);
    const stopWatch = watch();
    if (head.includes('"ack":"place"')) stopWatch?.succeeded(began);
    else stopWatch?.refused(CODE.exec(payload.toString('latin1'))?.[1] ?? head);
    if (stopWatch && !stopWatch.isOver) place();
  });
  socket.send(`{"op":"auth","id":0,"token":"${bettor.token}"}`);
  await signedIn.promise;
  const start = (): void => {
    for (let n = 0; n < job.underWay; n += 1) place();
  };
  return { start, close: () => socket.close() };
}

/** It is a number, in front or at the end; ids of bets are text. */
function requestIdOf(payload: Buffer, head: string): number {
  const tail = payload.toString('latin1', Math.max(0, payload.length - 24));
  return Number((/"id":(\d+)\}$/.exec(tail) ?? /"id":(\d+)/.exec(head))?.[1]);
}

/** One request after the other. `next` makes it and takes its answer. */
async function openLoop(port: number, watch: () => StopWatch | undefined, next: () => [string, OnAnswer]) {
  const connection = await HttpConnection.open(port);
  const go = (): void => {
    const [text, onAnswer] = next();
    const began = performance.now();
    connection.send(text, (answer) => {
      onAnswer(answer, began);
      if (!watch()?.isOver) go();
    });
  };
  return { start: go, close: () => connection.close() };
}

type OnAnswer = (answer: HttpAnswer, beganMs: number) => void;

const countOn =
  (watch: () => StopWatch | undefined): OnAnswer =>
  ({ status, body }, beganMs) => {
    if (status < 300) watch()?.succeeded(beganMs);
    else watch()?.refused(CODE.exec(body)?.[1] ?? String(status));
  };

const coresIdleMs = (): number => cpus().reduce((sum, { times }) => sum + times.idle, 0);

async function run(job: LoadJob): Promise<LoadFigures> {
  const { cells, close } = await cellsOf(job.port);
  let all: StopWatch | undefined;
  let bets: StopWatch | undefined;
  const onAll = countOn(() => all);
  const onBets = countOn(() => bets);
  const open = (index: number) => {
    if (job.way === 'ws') return openSocket(job, index, cells, () => all);
    const bettor = bettorOfConnection(job, index);
    const isMixed = job.way === 'mixed';
    return openLoop(
      job.port,
      () => all,
      () => (isMixed ? mixedRequest(bettor, cells, onAll, onBets) : [betText(bettor, cells), onAll]),
    );
  };
  const connections = await each(job.connections, open);
  all = new StopWatch(job.warmMs, job.measureMs);
  bets = new StopWatch(job.warmMs, job.measureMs);
  for (const connection of connections) connection.start();
  await new Promise((resolve) => setTimeout(resolve, job.warmMs));
  const before = process.cpuUsage();
  const serviceBefore = usageOf(job.pid);
  const idleMs = coresIdleMs();
  await new Promise((resolve) => setTimeout(resolve, job.measureMs));
  const machineBusy = round(1 - (coresIdleMs() - idleMs) / (job.measureMs * cpus().length));
  const { user, system } = process.cpuUsage(before);
  const serviceMicros = usageOf(job.pid).cpuMicros - serviceBefore.cpuMicros;
  for (const connection of connections) connection.close();
  close();
  const cpu = Math.round((user + system) / job.measureMs / 10) / 100;
  const figures = all.figures();
  const cpuMicrosEach = Math.round(serviceMicros / ((figures.perSecond * job.measureMs) / 1_000));
  return {
    ...figures,
    cpu,
    cpuMicrosEach,
    machineBusy,
    ...(job.way === 'mixed' && { bets: bets.figures() }),
  };
}

function mixedRequest(
  bettor: Bettor,
  cells: CellChoice,
  onRead: OnAnswer,
  onBet: OnAnswer,
): [string, OnAnswer] {
  let dice = Math.floor(Math.random() * 100);
  if (dice < MIX.price) return [getText('/v1/price'), onRead];
  dice -= MIX.price;
  if (dice < MIX.grid) return [getText('/v1/grid'), onRead];
  dice -= MIX.grid;
  if (dice < MIX.account) return [getText('/v1/account', bettor.token), onRead];
  dice -= MIX.account;
  if (dice < MIX.list) return [getText('/v1/bets?limit=20', bettor.token), onRead];
  return [betText(bettor, cells), onBet];
}

process.on('message', (job: LoadJob) => {
  run(job).then(
    (figures) => process.send?.(figures),
    (error: unknown) => {
      throw error;
    },
  );
});
process.once('disconnect', () => process.exit(0));
