/** Whatever goes wrong is told exactly once: one structured line, one count. */
import { describe, expect, it } from 'vitest';
import { ManualClock, Metrics } from '../../../src/runtime/index.ts';
import type { Incident } from '../../../src/runtime/supervision/incidents.ts';
import {
  LOOK_INTERVAL_MS,
  LOOKS_MAX,
  watchMemory,
} from '../../../src/runtime/supervision/memory-watchdog.ts';
import type { ScriptedChild } from './scripted-child.ts';
import { createWorld, leaf, type SpecInput } from './scripted-world.ts';

const boom = new Error('boom');

interface Case {
  readonly spec?: Partial<SpecInput>;
  readonly script?: (child: ScriptedChild) => void;
  /** What happens to the running child; the world then goes on for ten seconds. */
  readonly act?: (child: ScriptedChild) => void;
  readonly stops?: boolean;
  readonly told: readonly string[];
  readonly lastError?: string;
}

const cases: Readonly<Record<string, Case>> = {
  'a crash': { act: (child) => child.exit(boom), told: ['crash a'], lastError: 'boom' },
  'a full heap': {
    act: (child) => child.exit(new Error('heap'), true),
    told: ['out-of-memory a'],
    lastError: 'heap',
  },
  'a start that throws': {
    script: (child) => {
      if (child.lastCrash === undefined) child.startError = boom;
    },
    told: ['start-failed a'],
    lastError: 'boom',
  },
  'a start that takes too long': {
    spec: { startMsMax: 1_000 },
    script: (child) => {
      if (child.lastCrash === undefined) child.start = () => new Promise(() => {});
    },
    told: ['start-failed a'],
    lastError: 'start took longer than 1000 ms',
  },
  'a crash loop': {
    spec: { restartsMax: 1 },
    script: (child) => {
      child.startError = boom;
    },
    told: ['start-failed a', 'start-failed a', 'crash-loop a'],
  },
  'a hang': {
    spec: { hungAfterMs: 3_000 },
    act: (child) => {
      child.hangs = true;
    },
    told: ['hang a'],
    lastError: 'hangs: no heartbeat for 4000 ms',
  },
  'an event loop that stays late': {
    spec: { loopLagMsMax: 100 },
    act: (child) => {
      child.loopDelayMs = 150;
    },
    told: ['loop-lag a'],
    lastError: 'hangs: its event loop is 150 ms late',
  },
  'an exit while it stops': {
    act: (child) => {
      child.exitOnStop = boom;
    },
    stops: true,
    told: ['exit-during-stop a'],
  },
  'a stop that throws': {
    act: (child) => {
      child.stopError = boom;
    },
    stops: true,
    told: ['stop-failed a'],
  },
  'a stop that takes too long': {
    spec: { shutdownMs: 1_000 },
    act: (child) => {
      child.hangs = true;
    },
    stops: true,
    told: ['stop-failed a'],
  },
  'an end in order': { act: (child) => child.exit(), told: [] },
  'a stop in order': { stops: true, told: [] },
};

describe('is told exactly once', () => {
  it.each(Object.entries(cases))('%s', async (_what, { spec, script, act, stops, told, lastError }) => {
    const world = createWorld([leaf({ id: 'a', ...spec })], script ? { script } : {});
    const started = world.supervisor.start().catch(() => {});
    await world.advance(0);
    act?.(world.newest('a'));
    const stopped = stops ? world.supervisor.stop() : undefined;
    await world.advance(10_000);
    await started;
    await stopped;
    expect(world.told()).toEqual(told);
    expect((await world.counted()).toSorted()).toEqual(told.toSorted());
    if (lastError !== undefined) expect(world.supervisor.report()[0]).toMatchObject({ lastError });
  });

  it('a process that holds too much memory, look after look', () => {
    const clock = new ManualClock(0);
    const incidents: Incident[] = [];
    const asked: string[] = [];
    let mib = 90;
    watchMemory({
      limitMib: 100,
      clock,
      metrics: new Metrics('main'),
      reportIncident: (incident) => incidents.push(incident),
      onExceeded: (reason) => asked.push(reason),
      residentBytes: () => mib * 1024 * 1024,
    });
    const look = () => clock.fireNext(clock.nowMs() + LOOK_INTERVAL_MS);
    look();
    mib = 120;
    for (let looks = 1; looks < LOOKS_MAX; looks += 1) look();
    mib = 80;
    look();
    expect(asked).toEqual([]);
    mib = 130;
    for (let looks = 0; looks < LOOKS_MAX + 3; looks += 1) look();
    expect(asked).toEqual(['the process holds 130 MiB, more than 100']);
    expect(incidents).toMatchObject([{ kind: 'process-memory', child: 'main' }]);
  });
});
