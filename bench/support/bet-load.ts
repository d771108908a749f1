/** One life of a service under the load of `load/generator.ts`, way after way. */
import type { LoadFigures, LoadJob } from '../load/generator.ts';
import { startProcess } from './bench-process.ts';
import type { BetService } from './bet-contestants.ts';

export type Way = LoadJob['way'];
export type Load = Pick<LoadJob, 'connections' | 'underWay' | 'warmMs' | 'measureMs'>;
export type Measured = Partial<Record<Way, LoadFigures>>;

export async function measureLife(
  name: string,
  start: () => Promise<BetService>,
  loads: readonly (readonly [Way, Load])[],
): Promise<Measured> {
  const service = await start();
  const { port, pid, accounts } = service;
  // It remembers which wallet has which cell.
  const generator = startProcess('load/generator.ts');
  const measured: Measured = {};
  try {
    for (const [way, load] of loads) {
      generator.say({ way, port, pid, accounts, ...load } satisfies LoadJob);
      const figures = (await generator.heard()) as LoadFigures;
      measured[way] = figures;
      console.error(`${name} ${way}: ${JSON.stringify(figures)}`);
    }
  } finally {
    await generator.stop();
    await service.stop();
  }
  return measured;
}
