import { describe, expect, it } from 'vitest';
import {
  type Strategy,
  type SupervisorSpecInput,
  supervisorSpec,
  type TreeSpec,
} from '../../../src/runtime/supervision/child-spec.ts';
import { createWorld, leaf } from './scripted-world.ts';

const group = (input: Partial<SupervisorSpecInput>): TreeSpec =>
  supervisorSpec({ supervisor: 'g', children: [leaf({ id: 'x' })], ...input });
const one = (more: object): TreeSpec[] => [leaf({ id: 'a', ...more })];

describe('an illegal tree is refused before anything starts', () => {
  it.each<[reason: string, specs: TreeSpec[]]>([
    ['child id "A": lower-case letters, digits and dashes only', [leaf({ id: 'A' })]],
    ['child id "a" is used twice', [leaf({ id: 'a' }), leaf({ id: 'a' })]],
    ['child id "x" is used twice', [group({}), leaf({ id: 'x' })]],
    ['child id "x" is used twice', [group({ supervisor: 'x' })]],
    ['a: module must be a URL', one({ module: './a.ts' })],
    ['a: restart "always" is none of permanent, transient, temporary', one({ restart: 'always' })],
    ['a: shutdownMs must be positive', one({ shutdownMs: 0 })],
    ['a: shutdownMs must be at most 2147483647', one({ shutdownMs: Number.POSITIVE_INFINITY })],
    ['a: startMsMax must be positive', one({ startMsMax: -1 })],
    ['a: hungAfterMs must be positive', one({ hungAfterMs: 0 })],
    ['a: loopLagMsMax must be positive', one({ loopLagMsMax: Number.NaN })],
    ['a: restartsMax must be an integer ≥ 0', one({ restartsMax: 1.5 })],
    ['a: restartWindowMs must be positive', one({ restartWindowMs: 0 })],
    ['a: backoffFirstMs must be positive', one({ backoffFirstMs: 0 })],
    ['a: backoffMsMax must not be below backoffFirstMs', one({ backoffFirstMs: 200, backoffMsMax: 100 })],
    ['a: backoffResetMs must be positive', one({ backoffResetMs: -5 })],
    ['a: heapMibMax must be an integer ≥ 8, less does not hold the runtime itself', one({ heapMibMax: 4 })],
    [
      'a: a temporary child cannot be neverTerminate, nothing would bring it back',
      one({ restart: 'temporary', neverTerminate: true }),
    ],
    ['a: settings cannot cross into a thread: () => 1 could not be cloned.', one({ settings: () => 1 })],
    ['g: a supervisor needs children', [group({ children: [] })]],
    [
      'g: strategy "some" is none of one_for_one, one_for_all, rest_for_one',
      [group({ strategy: 'some' as Strategy })],
    ],
    ['g: restartsMax must be an integer ≥ 0', [group({ restartsMax: -1 })]],
    ['x: shutdownMs must be positive', [group({ children: [leaf({ id: 'x', shutdownMs: 0 })] })]],
  ])('%s', (reason, specs) => {
    expect(() => createWorld(specs)).toThrow(`illegal child spec: ${reason}`);
  });

  it('the root: strategy "some"', () => {
    expect(() => createWorld(one({}), { strategy: 'some' as Strategy })).toThrow(
      'the root: strategy "some" is none of one_for_one, one_for_all, rest_for_one',
    );
  });
});
