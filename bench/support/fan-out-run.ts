/** One contender of the fan-out bench and its listeners, each in a process of its own, driven from here. */
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
  readonly sockets: number;
  readonly port: number;
  /** With all sockets open. */
  readonly rssBytes: number;
  readonly bytesPerSocket: number;

  private constructor(
    server: BenchProcess,
    listeners: BenchProcess,
    is: Pick<FanOutRun, 'sockets' | 'port' | 'rssBytes' | 'bytesPerSocket'>,
  ) {
    this.#server = server;
    this.#listeners = listeners;
    this.sockets = is.sockets;
    this.port = is.port;
    this.rssBytes = is.rssBytes;
    this.bytesPerSocket = is.bytesPerSocket;
  }

  static async start({ file, args = [], greeting }: Contender, sockets: number): Promise<FanOutRun> {
    const server = startProcess(file, args, {}, ['--expose-gc']);
    const { port = 0 } = (await server.heard()) as Said;
    const before = await memoryOf(server);
    const listeners = startProcess('load/listeners.ts', [String(port), String(sockets), greeting]);
    await within(
      READY_MS,
      until(listeners, ({ ready }) => ready !== undefined),
      `${file}: not all connected`,
    );
    const rssBytes = await memoryOf(server);
    const bytesPerSocket = (rssBytes - before) / sockets;
    return new FanOutRun(server, listeners, { sockets, port, rssBytes, bytesPerSocket });
  }

  /** Publishes as fast as ticks are taken: never more than a window ahead of the average listener. */
  async saturate(ms: number): Promise<Delivery> {
    await this.#mark('mark');
    let published = 0;
    let received = 0;
    let isOpen = true;
    let [measuredFrom, receivedBefore, lastAtMs] = [0, 0, 0];
    const startMs = nowMs();
    this.#listeners.listen((said) => {
      received = (said as Said).received ?? received;
      lastAtMs = nowMs();
      if (measuredFrom === 0 && lastAtMs - startMs > WARM_UP_MS)
        [measuredFrom, receivedBefore] = [lastAtMs, received];
      const room = Math.floor(received / this.sockets) + WINDOW_TICKS - published;
      if (!isOpen || room <= 0) return;
      published += room;
      this.#server.say({ publish: room });
    });
    published += WINDOW_TICKS;
    this.#server.say({ publish: WINDOW_TICKS });
    await pause(ms);
    const perSecond = ((received - receivedBefore) * 1_000) / (lastAtMs - measuredFrom);
    isOpen = false;
    for (let waited = 0; waited < DRAIN_MS && received < published * this.sockets; waited += 50)
      await pause(50);
    this.#listeners.listen(undefined);
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
    this.#listeners.say({ type: 'times' });
    const { times = [] } = await until(this.#listeners, (said) => said.times !== undefined);
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
    await until(this.#listeners, ({ listening }) => listening === this.sockets);
    return nowMs() - startMs;
  }

  async stop(): Promise<void> {
    await this.#listeners.stop();
    await this.#server.stop();
  }

  async #cpuMicros(): Promise<number> {
    this.#server.say({ memory: true });
    return (await until(this.#server, (said) => said.cpuMicros !== undefined)).cpuMicros ?? 0;
  }

  async #mark(type: 'mark' | 'time'): Promise<void> {
    this.#listeners.say({ type });
    await until(this.#listeners, (said) => said.marked === true);
  }
}

async function memoryOf(process: BenchProcess): Promise<number> {
  process.say({ memory: true });
  return (await until(process, (said) => said.rssBytes !== undefined)).rssBytes ?? 0;
}

async function until(process: BenchProcess, isIt: (said: Said) => boolean): Promise<Said> {
  for (;;) {
    const said = (await process.heard()) as Said;
    if (isIt(said)) return said;
  }
}

function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(what)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
