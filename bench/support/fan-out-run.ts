/**
 * One contender of the fan-out bench and its listeners, each in a process of its own, driven from here.
 *
 * Reading a packet costs a listener more than sending it costs the server, so a process that reads them all
 * says when it came round to reading, not when they came. One socket in SAMPLE_EVERY is therefore held by a
 * second process, which has time: latencies are of those. They are opened in turns with the others, so that
 * they are spread over the order in which the server sends.
 */
import { type BenchProcess, startProcess } from './bench-process.ts';

export interface Contender {
  readonly name: string;
  readonly file: string;
  readonly args?: readonly string[];
  /** How its listeners greet it; see load/listeners.ts. */
  readonly greeting: string;
}

export interface Delivery {
  readonly perSecond: number;
  /** Of all that was published; 1 unless something was dropped. */
  readonly fractionDelivered: number;
}

const SAMPLE_EVERY = 20;
const SLICES = 25;
/** Ticks that may be under way to the average listener. */
const WINDOW_TICKS = 48;
const WARM_UP_MS = 500;
const DRAIN_MS = 10_000;
const READY_MS = 60_000;

interface Said {
  readonly port?: number;
  readonly ready?: number;
  readonly listening?: number;
  readonly marked?: boolean;
  readonly received?: number;
  readonly publishedAtMs?: readonly number[];
  readonly times?: readonly (readonly number[])[];
  readonly rssBytes?: number;
  readonly cpuMicros?: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export class FanOutRun {
  #server: BenchProcess;
  readonly #listeners: BenchProcess;
  /** Those whose arrivals are timed. */
  readonly #sample: BenchProcess;
  readonly sockets: number;
  readonly port: number;
  /** With all sockets open. */
  readonly rssBytes: number;
  readonly bytesPerSocket: number;

  private constructor(
    server: BenchProcess,
    [listeners, sample]: readonly [BenchProcess, BenchProcess],
    is: Pick<FanOutRun, 'sockets' | 'port' | 'rssBytes' | 'bytesPerSocket'>,
  ) {
    this.#server = server;
    this.#listeners = listeners;
    this.#sample = sample;
    this.sockets = is.sockets;
    this.port = is.port;
    this.rssBytes = is.rssBytes;
    this.bytesPerSocket = is.bytesPerSocket;
  }

  static async start({ file, args = [], greeting }: Contender, sockets: number): Promise<FanOutRun> {
    const server = startProcess(file, args, {}, ['--expose-gc']);
    const { port = 0 } = (await server.heard()) as Said;
    const before = await memoryOf(server);
    const sampled = sampledOf(sockets);
    const [most, sample] = [sockets - sampled, sampled].map((count) => ({
      count,
      process: startProcess('load/listeners.ts', [String(port), String(count), greeting]),
    }));
    if (!most || !sample) throw new Error('no listeners');
    await within(READY_MS, openInTurns([most, sample]), `${file}: not all connected`);
    const rssBytes = await memoryOf(server);
    const bytesPerSocket = (rssBytes - before) / sockets;
    return new FanOutRun(server, [most.process, sample.process], { sockets, port, rssBytes, bytesPerSocket });
  }

  /** Sockets whose arrivals are timed. */
  get sampled(): number {
    return sampledOf(this.sockets);
  }

  /** Publishes as fast as ticks are taken: never more than a window ahead of the average listener. */
  async saturate(ms: number): Promise<Delivery> {
    await this.#mark('mark');
    let published = 0;
    let received = 0;
    let isOpen = true;
    let [measuredFrom, receivedBefore, lastAtMs] = [0, 0, 0];
    const startMs = nowMs();
    const receivedBy = [0, 0];
    const heard = (by: number) => (said: unknown) => {
      receivedBy[by] = (said as Said).received ?? receivedBy[by] ?? 0;
      received = (receivedBy[0] ?? 0) + (receivedBy[1] ?? 0);
      lastAtMs = nowMs();
      if (measuredFrom === 0 && lastAtMs - startMs > WARM_UP_MS)
        [measuredFrom, receivedBefore] = [lastAtMs, received];
      const room = Math.floor(received / this.sockets) + WINDOW_TICKS - published;
      if (!isOpen || room <= 0) return;
      published += room;
      this.#server.say({ publish: room });
    };
    this.#listeners.listen(heard(0));
    this.#sample.listen(heard(1));
    published += WINDOW_TICKS;
    this.#server.say({ publish: WINDOW_TICKS });
    await pause(ms);
    const perSecond = ((received - receivedBefore) * 1_000) / (lastAtMs - measuredFrom);
    isOpen = false;
    for (let waited = 0; waited < DRAIN_MS && received < published * this.sockets; waited += 50)
      await pause(50);
    this.#listeners.listen(undefined);
    this.#sample.listen(undefined);
    return { perSecond, fractionDelivered: received / (published * this.sockets) };
  }

  /** One tick every 100 ms; how long each took to each socket, ms. */
  async latencies(ticks: number): Promise<{ readonly ms: readonly number[]; readonly cpuFraction: number }> {
    await this.#mark('time');
    const cpuBefore = await this.#cpuMicros();
    const startMs = nowMs();
    const publishedAtMs: number[] = [];
    for (let n = 0; n < ticks; n += 1) {
      this.#server.say({ publish: 1 });
      const said = await until(this.#server, (message) => message.publishedAtMs !== undefined);
      publishedAtMs.push(...(said.publishedAtMs ?? []));
      await pause(Math.max(0, startMs + (n + 1) * 100 - nowMs()));
    }
    const cpuFraction = ((await this.#cpuMicros()) - cpuBefore) / 1_000 / (nowMs() - startMs);
    await pause(200);
    this.#sample.say({ type: 'times' });
    const { times = [] } = await until(this.#sample, (said) => said.times !== undefined);
    const ms = times.flatMap((ofSocket) =>
      ofSocket.map((atMs, n) => atMs - (publishedAtMs[n] ?? Number.NaN)),
    );
    return { ms, cpuFraction };
  }

  /** The server ends and `again` takes its place; ms until all listeners listen again. */
  async restart(again: Contender): Promise<number> {
    await this.#server.stop();
    const startMs = nowMs();
    this.#server = startProcess(again.file, again.args ?? [], {}, ['--expose-gc']);
    await until(this.#server, ({ port }) => port !== undefined);
    await Promise.all([
      until(this.#listeners, ({ listening }) => listening === this.sockets - this.sampled),
      until(this.#sample, ({ listening }) => listening === this.sampled),
    ]);
    return nowMs() - startMs;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#listeners.stop(), this.#sample.stop()]);
    await this.#server.stop();
  }

  async #cpuMicros(): Promise<number> {
    this.#server.say({ memory: true });
    return (await until(this.#server, (said) => said.cpuMicros !== undefined)).cpuMicros ?? 0;
  }

  async #mark(type: 'mark' | 'time'): Promise<void> {
    for (const listeners of [this.#listeners, this.#sample]) {
      listeners.say({ type: listeners === this.#sample ? type : 'mark' });
      await until(listeners, (said) => said.marked === true);
    }
  }
}

const sampledOf = (sockets: number): number => Math.ceil(sockets / SAMPLE_EVERY);

/** A slice of the one, a slice of the other, … until all are open. */
async function openInTurns(
  parts: readonly { readonly count: number; readonly process: BenchProcess }[],
): Promise<void> {
  for (let slice = 1; slice <= SLICES; slice += 1) {
    for (const { count, process } of parts) {
      const before = Math.floor((count * (slice - 1)) / SLICES);
      const target = Math.floor((count * slice) / SLICES);
      if (target === before) continue;
      const isOpen = until(process, (said) => (said.listening ?? said.ready) === target);
      process.say({ type: 'open', count: target - before });
      await isOpen;
    }
  }
}

async function memoryOf(process: BenchProcess): Promise<number> {
  process.say({ memory: true });
  return (await until(process, (said) => said.rssBytes !== undefined)).rssBytes ?? 0;
}

/** Hears everything that is said, also several things at once. */
function until(process: BenchProcess, isIt: (said: Said) => boolean): Promise<Said> {
  return new Promise((resolve, reject) => {
    process.heard().catch(reject);
    process.listen((message) => {
      const said = message as Said;
      if (!isIt(said)) return;
      process.listen(undefined);
      resolve(said);
    });
  });
}

function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(what)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
