/** The numbers in ecosystem.config.cjs stand in relation to those in the code. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { childSpecs } from '../src/actors/tree.ts';
import { readConfig } from '../src/config.ts';
import { PROJECT_ROOT } from './support/source-files.ts';

interface App {
  readonly name: string;
  readonly exec_mode: string;
  readonly kill_timeout: number;
  readonly max_memory_restart?: string;
  readonly node_args?: unknown;
  readonly wait_ready?: boolean;
  readonly instance_var?: string;
  readonly increment_var?: string;
  readonly env?: Readonly<Record<string, string | number>>;
}

const { apps } = createRequire(import.meta.url)(join(PROJECT_ROOT, 'ecosystem.config.cjs')) as {
  apps: App[];
};
const appNamed = (name: string): App => {
  const app = apps.find((candidate) => candidate.name === name);
  if (!app) throw new Error(`no app ${name}`);
  return app;
};

/** What pm2 hands over: every value as text. */
function configOf(app: App): ReturnType<typeof readConfig> {
  const env = Object.entries(app.env ?? {}).map(([name, value]) => [name, String(value)]);
  return readConfig(Object.fromEntries(env) as Record<string, string>);
}

test.each(['touchline-core', 'touchline-edge'])(
  '%s is killed only after all its children had their time',
  (name) => {
    const app = appNamed(name);
    const specs = childSpecs(configOf(app));
    expect(specs.length).toBeGreaterThan(0);
    expect(app.kill_timeout).toBeGreaterThan(specs.reduce((sumMs, { shutdownMs }) => sumMs + shutdownMs, 0));
  },
);

test('core and edge together run every actor, once', () => {
  const actors = ['touchline-core', 'touchline-edge'].flatMap(
    (name) => configOf(appNamed(name)).TOUCHLINE_ACTORS,
  );
  expect(actors.toSorted()).toEqual([...readConfig({}).TOUCHLINE_ACTORS].toSorted());
});

test('processes are forked, wait to be ready, carry no probe, and leave the heap to the threads', () => {
  for (const name of ['touchline-core', 'touchline-edge']) {
    expect(appNamed(name)).toMatchObject({ exec_mode: 'fork', wait_ready: true, pmx: false });
    expect(appNamed(name).node_args).toBeUndefined();
  }
});

test.each(['touchline-core', 'touchline-edge'])(
  '%s asks for its own end before pm2 does it the hard way',
  (name) => {
    const app = appNamed(name);
    const limitMib = configOf(app).RSS_MIB_MAX;
    expect(limitMib).toBeGreaterThan(0);
    expect(limitMib).toBeLessThan(Number.parseInt(app.max_memory_restart ?? '', 10));
  },
);

test('edges tell themselves and their admin ports apart', () => {
  expect(appNamed('touchline-edge')).toMatchObject({ instance_var: 'EDGE_ID', increment_var: 'ADMIN_PORT' });
});

test('the ceilings fit 8 GB', () => {
  const megabytes = (text = '0'): number => Number.parseInt(text, 10);
  const redisMb = 512;
  const sqliteCacheMb = 256;
  const edgesMb = megabytes(appNamed('touchline-edge').max_memory_restart) * 4;
  const coreMb = megabytes(appNamed('touchline-core').max_memory_restart);
  expect(redisMb + sqliteCacheMb + coreMb + edgesMb).toBeLessThan(8_000 / 2);
});
