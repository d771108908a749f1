/**
 * One run: sessions of a seed against one life of the system, many at a time, with the canary and the watch
 * over the process beside them. Ends at the first finding.
 */

import type { RunningSystem } from '../support/system.ts';
import { Canary, type CanaryReport } from './canary.ts';
import { Finding } from './fuzz-input.ts';
import { fuzzSession, INPUTS_PER_SESSION, type SessionPart } from './fuzz-session.ts';
import { Health } from './health.ts';
import { type Conversation, converseHttp } from './http-conversation.ts';
import { Purses } from './purses.ts';
import { converseSocket } from './socket-conversation.ts';

export interface FuzzPlan {
  readonly seed: number;
  readonly parts: readonly SessionPart[];
  readonly onProgress: (line: string) => void;
}

export interface FuzzOutcome {
  readonly inputs: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly canary: CanaryReport | undefined;
  readonly rssStartMb: number;
  readonly rssEndMb: number;
  readonly seconds: number;
  /** Of one input, if it is known which. */
  readonly finding: Finding | undefined;
  /** Of the whole system. */
  readonly problems: readonly string[];
  /** What was sent in the last moments, oldest first, if the system broke. */
  readonly suspects: readonly SessionPart[];
}

const CONVERSATIONS = 96;
const ENDED_KEPT_MAX = 20_000;
const PROGRESS_MS = 5_000;
/** The memory of a process that has warmed up is compared with that of the end. */
const WARM_AFTER = 0.1;
/** Sessions that ended this shortly before a problem was seen may have caused it. */
const SUSPECT_MS = 2_000;
/** So that the end of a thread that cut a connection is known before the connection is blamed on an input. */
const AFTERMATH_MS = 1_000;

export class FuzzRun {
  readonly #system: RunningSystem;
  readonly #plan: FuzzPlan;
  readonly #statuses: Record<string, number> = {};
  readonly #ended: { readonly part: SessionPart; readonly atMs: number }[] = [];
  readonly #total: number;
  #next = 0;
  #done = 0;
  #rssStartMb = 0;
  #finding: Finding | undefined;

  constructor(system: RunningSystem, plan: FuzzPlan) {
    this.#system = system;
    this.#plan = plan;
    this.#total = plan.parts.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  async run(): Promise<FuzzOutcome> {
    const { url } = this.#system;
    const [purses, canary] = [await Purses.open(url), await Canary.start(url)];
    const health = await Health.of(this.#system);
    this.#rssStartMb = health.rssMb;
    const startedMs = performance.now();
    const progress = setInterval(() => this.#tell(startedMs, health), PROGRESS_MS);
    const isOver = (): boolean =>
      this.#finding !== undefined || health.problems.length > 0 || canary.problems.length > 0;
    const count = (status: string): void => {
      this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    };
    const how: Conversation = { port: Number(new URL(url).port), count, isOver };
    await Promise.all(Array.from({ length: CONVERSATIONS }, () => this.#converse(how, purses, health)));
    const seconds = (performance.now() - startedMs) / 1_000;
    clearInterval(progress);
    purses.close();
    const isBroken = isOver();
    const suspects = isBroken ? this.#suspects(performance.now() - SUSPECT_MS) : [];
    if (isBroken) {
      canary.abandon();
      await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
    }
    const report = await canary.stop().catch(() => undefined);
    await health.look();
    health.stop();
    return {
      inputs: this.#done,
      statuses: this.#statuses,
      canary: report,
      rssStartMb: this.#rssStartMb,
      rssEndMb: health.rssMb,
      seconds,
      finding: this.#finding,
      problems: isBroken && this.#finding ? health.problems : [...health.problems, ...canary.problems],
      suspects,
    };
  }

  async #converse(how: Conversation, purses: Purses, health: Health): Promise<void> {
    const { seed, parts } = this.#plan;
    while (!how.isOver()) {
      const part = parts[this.#next];
      if (!part) return;
      this.#next += 1;
      const { session, from, to } = part;
      const made = fuzzSession(seed, session, purses);
      const first = session * INPUTS_PER_SESSION + from;
      try {
        await converse({ ...made, inputs: made.inputs.slice(from, to) }, first, how);
      } catch (error) {
        this.#finding ??= error instanceof Finding ? error : new Finding(first, String(error));
      }
      this.#ended.push({ part, atMs: performance.now() });
      if (this.#ended.length > ENDED_KEPT_MAX) this.#ended.splice(0, ENDED_KEPT_MAX / 2);
      const warmAt = this.#total * WARM_AFTER;
      if (this.#done < warmAt && this.#done + to - from >= warmAt) this.#rssStartMb = health.rssMb;
      this.#done += to - from;
    }
  }

  #suspects(sinceMs: number): SessionPart[] {
    return this.#ended.filter(({ atMs }) => atMs >= sinceMs).map(({ part }) => part);
  }

  #tell(startedMs: number, { rssMb }: Health): void {
    const seconds = (performance.now() - startedMs) / 1_000;
    const rate = Math.round(this.#done / seconds);
    this.#plan.onProgress(`${this.#done}/${this.#total} inputs, ${rate}/s, ${rssMb} MiB`);
  }
}

function converse(session: ReturnType<typeof fuzzSession>, first: number, how: Conversation): Promise<void> {
  const { kind } = session;
  switch (kind) {
    case 'http':
    case 'handshake':
      return converseHttp(session, first, how);
    case 'json':
    case 'msgpack':
      return converseSocket(session, kind, first, how);
    default:
      return kind satisfies never;
  }
}
