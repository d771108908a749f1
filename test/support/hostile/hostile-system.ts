/** A real system whose actors take orders (see orders.ts), and what it told of what went wrong. */
import { encode } from '../../../src/protocol/codec.ts';
import { commandConnection, connect } from '../../../src/runtime/index.ts';
import { until } from '../player.ts';
import { type RunningSystem, startSystem } from '../system.ts';
import { type Order, orders } from './orders.ts';

const PRELOAD = new URL('./preload.ts', import.meta.url).href;

export interface HostileSystem extends RunningSystem {
  order(id: string, order: Order['order']): Promise<void>;
  /** `<kind> <child>` of each incident told in the log so far. */
  told(): string[];
  /** Resolves once as many incidents were told. */
  hasTold(count: number): Promise<string[]>;
  /** Value of a series of `/metrics`; `series` is its beginning. */
  metric(series: string): Promise<number | undefined>;
}

export async function startHostileSystem(env: Readonly<Record<string, string>>): Promise<HostileSystem> {
  const system = await startSystem({ env: { ...env, NODE_OPTIONS: `--import=${PRELOAD}` } });
  const redis = await connect(commandConnection(system.redis.url));
  const told = (): string[] =>
    [...system.output().matchAll(/"incident":"([^"]+)","child":"([^"]+)"/g)].map(
      ([, kind, child]) => `${kind} ${child}`,
    );
  return Object.assign(Object.create(system) as RunningSystem, {
    order: async (id: string, order: Order['order']) =>
      void (await redis.publish(orders.name, Buffer.from(encode({ id, order })))),
    told,
    hasTold: (count: number) =>
      until(
        async () => told(),
        ({ length }) => length >= count,
      ),
    metric: async (series: string) => {
      const text = await (await fetch(`${system.adminUrl}/metrics`)).text();
      const line = text.split('\n').find((each) => each.startsWith(series));
      return line === undefined ? undefined : Number(line.split(' ').at(-1));
    },
    stop: async () => {
      redis.disconnect();
      await system.stop();
    },
  });
}
