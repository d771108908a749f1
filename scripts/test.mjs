#!/usr/bin/env node
/**
 * `npm test`: set-up, then every check in order; all run even if one fails. The last line is exactly
 * `N passed, N failed` (and `, N skipped` if so): each vitest test counts as one, each other step as one.
 * Exits non-zero if and only if something failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSetup, ROOT } from './setup.mjs';
import { SetupError } from './system-packages.mjs';

const BENCH_MS_MAX = 120_000;
const VITEST_MS_MAX = 1_500_000;
const CHECK_MS_MAX = 300_000;

const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const skips = [];

function fail(name) {
  count.failed += 1;
  failures.push(name);
}

function skip(name) {
  count.skipped += 1;
  skips.push(name);
}

const secondsSince = (startMs) => `${((performance.now() - startMs) / 1000).toFixed(1)} s`;

/** Runs a program to its end: { code, output }; its output is kept back unless `live`. */
function run(program, args, { env, live = false, msMax = CHECK_MS_MAX }) {
  return new Promise((resolve) => {
    const stdio = live ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { cwd: ROOT, env, stdio });
    let output = '';
    const timer = setTimeout(() => {
      output += `\nnot done in ${msMax / 1000} s, killed`;
      child.kill('SIGKILL');
    }, msMax);
    const collect = (data) => {
      output += data;
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', (error) => collect(error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** One step that counts as one test. `verify` may find fault with the output of a program that ended well. */
async function check(name, program, args, { verify = () => undefined, ...options }) {
  const startMs = performance.now();
  const { code, output } = await run(program, args, options);
  const fault = code === 0 ? verify(output) : `exit ${code}`;
  console.log(`${fault ? '✗' : '✓'} ${name} (${secondsSince(startMs)})`);
  if (fault === undefined) {
    count.passed += 1;
    return;
  }
  fail(name);
  console.log(`${output.trimEnd()}\n${name}: ${fault}`);
}

/** dependency-cruiser finds nothing, and says so happily, when it cannot read TypeScript. */
function sawTheSources(output) {
  const seen = Number(/(\d+) modules/.exec(output)?.[1] ?? 0);
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true }).filter((path) =>
    /(?<!\.d)\.ts$/.test(path),
  );
  return seen >= sources.length ? undefined : `it saw ${seen} modules, src alone has ${sources.length}`;
}

/** All vitest tests, counted from its own report; a file that did not load counts as one failure. */
async function runVitest(node, env) {
  const startMs = performance.now();
  const dir = mkdtempSync(join(tmpdir(), 'touchline-test-'));
  const report = join(dir, 'vitest.json');
  const failedBefore = count.failed;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters];
  const { code } = await run(node, args, { env, live: true, msMax: VITEST_MS_MAX });
  if (existsSync(report)) countReport(JSON.parse(readFileSync(report, 'utf8')));
  else fail('vitest: it wrote no report');
  if (code !== 0 && count.failed === failedBefore) fail(`vitest: exit ${code} without a failed test`);
  rmSync(dir, { recursive: true, force: true });
  console.log(`${count.failed === failedBefore ? '✓' : '✗'} vitest (${secondsSince(startMs)})`);
}

function countReport({ testResults }) {
  for (const { name, status, message, assertionResults } of testResults) {
    const file = name.startsWith(ROOT) ? name.slice(ROOT.length) : name;
    for (const { fullName, status: outcome } of assertionResults) {
      const title = `${file} > ${fullName}`;
      if (outcome === 'passed') count.passed += 1;
      else if (outcome === 'failed') fail(title);
      else skip(title);
    }
    const hasFailedTest = assertionResults.some(({ status: outcome }) => outcome === 'failed');
    if (status === 'failed' && !hasFailedTest) fail(`${file}: ${message || 'did not run'}`);
  }
}

function benches() {
  const dir = join(ROOT, 'bench');
  return existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.bench.ts')) : [];
}

async function runSteps() {
  const { node, chromium } = await ensureSetup({ browser: true });
  count.passed += 1;
  console.log('✓ set-up');
  const env = { ...process.env, ...(chromium ? { CHROMIUM_PATH: chromium } : {}) };
  const tool = (...path) => join('node_modules', ...path);
  const biome = [tool('.bin', 'biome'), 'check', '--error-on-warnings'];
  const cruised = ['src', 'web'].filter((path) => existsSync(join(ROOT, path)));
  const cruise = [tool('.bin', 'depcruise'), '--config', '.dependency-cruiser.cjs', ...cruised];
  await check('types (tsc)', node, [tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], { env });
  await check('lint and format (biome)', node, biome, { env });
  await check('boundaries (dependency-cruiser)', node, cruise, { env, verify: sawTheSources });
  await runVitest(node, env);
  await check('fuzz, in short', node, [join('test', 'fuzz', 'main.ts'), '--inputs', '20000'], { env });
  for (const name of benches()) {
    await check(`bench ${name} --tiny`, node, [join('bench', name), '--tiny'], { env, msMax: BENCH_MS_MAX });
  }
}

function list(title, names) {
  if (names.length === 0) return;
  console.log(`\n${title} (${names.length}):`);
  for (const name of names) console.log(`  ${title} ${name}`);
}

const startMs = performance.now();
try {
  await runSteps();
} catch (error) {
  console.error(error instanceof SetupError ? `set-up: ${error.code}: ${error.message}` : error);
  fail(error instanceof SetupError ? 'set-up' : 'scripts/test.mjs itself');
}
list('SKIPPED', skips);
list('FAILED', failures);
console.log(`\ndone in ${secondsSince(startMs)}`);
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
process.exitCode = count.failed > 0 ? 1 : 0;
