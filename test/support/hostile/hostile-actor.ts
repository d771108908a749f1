/** A real actor in its thread that also does what a test orders: `settings` names the actor's own module. */
import type { AnyActorDefinition } from '../../../src/runtime/actor.ts';
import type { ActorContext, ActorEnvironment } from '../../../src/runtime/index.ts';
import { type Order, orders } from './orders.ts';

export interface HostileSettings {
  readonly module: string;
  readonly settings: unknown;
}

interface ActorModule {
  createActor(environment: ActorEnvironment<unknown>): AnyActorDefinition | Promise<AnyActorDefinition>;
}

/** More than this tree allows; several fit into the wait for a heartbeat. */
const LAG_MS = 600;
const HEAP_STEP_NUMBERS = 500_000;
const BUFFER_STEP_BYTES = 16 * 1024 * 1024;
const LEAK_INTERVAL_MS = 50;

export async function createActor(environment: ActorEnvironment<HostileSettings>) {
  const { module, settings } = environment.settings;
  const { createActor: createReal } = (await import(module)) as ActorModule;
  const real = await createReal({ ...environment, settings });
  let onStop: () => Promise<void> | void = () => {};
  return {
    ...real,
    start: async (context: ActorContext) => {
      const state = await real.start(context);
      await context.subscribe(orders, ({ id, order }) => {
        if (id === context.self) obey(order, context, (work) => (onStop = work));
      });
      return state;
    },
    stop: async (state: never, context: ActorContext) => {
      await onStop();
      await real.stop?.(state, context);
    },
  };
}

function obey(order: Order['order'], context: ActorContext, onStop: (work: () => Promise<void>) => void) {
  switch (order) {
    case 'hang':
      return hang();
    case 'exhaust-heap':
      return exhaustHeap();
    case 'leak-heap':
      return leak(context, () => Array.from({ length: HEAP_STEP_NUMBERS }, (_, n) => n + 0.5));
    case 'leak-buffers':
      return leak(context, () => Buffer.alloc(BUFFER_STEP_BYTES, 1));
    case 'lag':
      return void context.every(1, () => hang(LAG_MS));
    case 'hang-in-stop':
      return onStop(async () => hang());
    case 'wait-in-stop':
      return onStop(() => new Promise(() => {}));
    case 'exit-in-stop':
      return onStop(async () => process.exit(3));
    default:
      order satisfies never;
  }
}

/** Waits with the thread itself, at no cost to the machine; for ever if no time is given. */
function hang(forMs = Number.POSITIVE_INFINITY): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const endMs = performance.now() + forMs;
  // In steps: a loop can be looked into from outside, as one that computes can.
  while (performance.now() < endMs) Atomics.wait(cell, 0, 0, 5);
}

function exhaustHeap(): void {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, n) => n + 0.5));
}

function leak(context: ActorContext, take: () => unknown): void {
  const kept: unknown[] = [];
  context.every(LEAK_INTERVAL_MS, () => void kept.push(take()));
}
