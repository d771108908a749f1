/** A supervision tree of scripted children on a clock that moves only when told, and all it said. */
import type { Logger } from '../../../src/runtime/index.ts';
import { ManualClock, silentLogger } from '../../../src/runtime/index.ts';
import { Metrics } from '../../../src/runtime/metrics.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import {
  type ChildSpecInput,
  childSpec,
  type Strategy,
  type TreeSpec,
} from '../../../src/runtime/supervision/child-spec.ts';
import { Supervisor } from '../../../src/runtime/supervision/supervisor.ts';
import { ScriptedChild } from './scripted-child.ts';

export type SpecInput = Partial<ChildSpecInput> & { readonly id: string };

export interface WorldOptions {
  readonly strategy?: Strategy;
  /** Prepares each life before it starts. */
  readonly script?: (child: ScriptedChild) => void;
}

export interface ToldIncident {
  readonly incident: string;
  readonly child: string;
  readonly reason: string;
}

const module = new URL('file:///nowhere.ts');
const settled = () => new Promise((resolve) => setImmediate(resolve));

export const leaf = (input: SpecInput): TreeSpec => childSpec({ module, ...input });

export function createWorld(specs: readonly TreeSpec[], { strategy, script }: WorldOptions = {}) {
  const clock = new ManualClock(0);
  const metrics = new Metrics('main');
  const events: string[] = [];
  const lives: ScriptedChild[] = [];
  const gaveUp: string[] = [];
  const incidents: ToldIncident[] = [];
  const down = new Set<string>();
  const log = Object.create(silentLogger, {
    error: { value: (line: ToldIncident) => incidents.push(line) },
  }) as Logger;
  const supervisor = new Supervisor({
    specs,
    ...(strategy === undefined ? {} : { strategy }),
    spawn: (spec, lastCrash) => {
      const child = new ScriptedChild(spec, lastCrash, events);
      script?.(child);
      lives.push(child);
      return child;
    },
    ...{ clock, log, metrics },
    random: seededRandom(1),
    statusBoard: {
      down: async (actor) => void down.add(actor),
      up: async (actor) => void down.delete(actor),
    },
    onGiveUp: (reason) => gaveUp.push(reason),
  });
  const advance = async (byMs: number) => {
    const untilMs = clock.nowMs() + byMs;
    do await settled();
    while (clock.fireNext(untilMs));
    await settled();
  };
  const newest = (id: string) => lives.filter(({ spec }) => spec.id === id).at(-1) as ScriptedChild;
  const told = () => incidents.map(({ incident, child }) => `${incident} ${child}`);
  const counted = async (): Promise<string[]> => {
    const metric = (await metrics.snapshot()).find(({ name }) => name === 'supervisor_incidents_total');
    return (metric?.values ?? []).flatMap(({ labels, value }) =>
      Array.from({ length: value }, () => `${labels['incident']} ${labels['child']}`),
    );
  };
  return { supervisor, clock, events, lives, gaveUp, incidents, down, advance, newest, told, counted };
}
