/**
 * The conventions that no compiler or linter checks. Each finding names file:line and what to do instead.
 * Boundaries between folders are in .dependency-cruiser.cjs.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import {
  dottedName,
  isNode,
  lineOf,
  PROJECT_ROOT,
  parse,
  placeOf,
  projectFiles,
  type SourceFile,
  type SyntaxNode,
  walk,
} from './support/source-files.ts';

const FUNCTION_LINES_MAX = 70;
const LINE_LENGTH_MAX = 110;
const FILE_LINES_MAX = 350;
const HEAD_COMMENT_FROM_LINES = 40;

/** Functions that may be longer, as `path#name`. Only ever gets shorter. */
const LONG_FUNCTIONS: readonly string[] = [];

const USE_CLOCK = 'use the injected clock (src/runtime/clock.ts)';
const USE_RANDOM = 'use the injected random (src/runtime/random.ts)';
const BANNED: Readonly<Record<string, string>> = {
  'Date.now': USE_CLOCK,
  'performance.now': USE_CLOCK,
  'process.hrtime': USE_CLOCK,
  'process.hrtime.bigint': USE_CLOCK,
  setTimeout: USE_CLOCK,
  setInterval: USE_CLOCK,
  'Math.random': USE_RANDOM,
  randomUUID: USE_RANDOM,
  randomBytes: USE_RANDOM,
  randomInt: USE_RANDOM,
  getRandomValues: USE_RANDOM,
  'process.env': 'read it in src/config.ts and pass the value on',
};
const ENVIRONMENT = 'process.env';
const IMPURE_HOMES = ['src/runtime/clock.ts', 'src/runtime/random.ts'];
/** The user's side of the wire: no simulation ever runs it, so it may look at its own clock. */
const USER_SIDE = /^src\/(client|cli)\//;

const REDIS_KEY = /^(session|mailbox|outbox|rate_limit|prices|price|nonce):|^(cache:grid|ws:clients)/;
const REDIS_KEYS_HOME = 'src/protocol/redis-keys.ts';

const files = projectFiles();
/** Without .d.ts: those describe somebody else's module, in its terms. */
const isSource = ({ path }: SourceFile): boolean => /^src\/.*(?<!\.d)\.ts$/.test(path);
const isCode = ({ path }: SourceFile): boolean =>
  /^(src|test|web|bench|examples|scripts)\//.test(path) && /\.(ts|mjs|cjs|js)$/.test(path);
const sources = files.filter(isSource);
const trees = new Map(sources.map((file) => [file, parse(file)]));

/** Runs a rule over the syntax tree of every file in src and returns its findings. */
function findInTrees(rule: (node: SyntaxNode, file: SourceFile) => string | undefined): string[] {
  const findings: string[] = [];
  for (const [file, tree] of trees) {
    for (const node of walk(tree)) {
      const finding = rule(node, file);
      if (finding !== undefined) findings.push(`${placeOf(file, node.start)} ${finding}`);
    }
  }
  return findings;
}

/** Runs a rule over lines of files and returns its findings. */
function findInLines(among: readonly SourceFile[], rule: (line: string) => string | undefined): string[] {
  return among.flatMap((file) =>
    file.lines.flatMap((line, index) => {
      const finding = rule(line);
      return finding === undefined ? [] : [`${file.path}:${index + 1} ${finding}`];
    }),
  );
}

const none: readonly string[] = [];

/** `Date.now` of `Date.now` and of `globalThis.Date.now`, and the last part alone of `crypto.randomUUID`. */
function bannedName(node: SyntaxNode): string | undefined {
  const name = dottedName(node)?.replace(/^globalThis\./, '');
  if (name === undefined) return undefined;
  if (name in BANNED) return name;
  const last = name.split('.').at(-1) ?? name;
  const isForeign = node.type === 'MemberExpression' && /^(crypto|nodeCrypto|timers)\./.test(name);
  return isForeign && last in BANNED ? last : undefined;
}

test('time, randomness and the environment are injected', () => {
  const findings = findInTrees((node, file) => {
    if (node.type === 'ImportSpecifier') {
      const imported = dottedName(node['imported']);
      if (imported === undefined || !(imported in BANNED)) return undefined;
      return isAllowed(imported, file) ? undefined : `${imported}: ${BANNED[imported]}`;
    }
    const isCall = node.type === 'CallExpression' || node.type === 'NewExpression';
    if (isCall && dottedName(node['callee']) === 'Date' && (node['arguments'] as unknown[]).length === 0) {
      return isAllowed('Date', file) ? undefined : `new Date(): ${USE_CLOCK}`;
    }
    const target = isCall ? node['callee'] : node;
    if (!isNode(target) || (!isCall && node.type !== 'MemberExpression')) return undefined;
    const name = bannedName(target);
    if (name === undefined || (isCall && target.type === 'MemberExpression')) return undefined;
    return isAllowed(name, file) ? undefined : `${name}: ${BANNED[name]}`;
  });
  expect(findings).toEqual(none);
});

function isAllowed(name: string, file: SourceFile): boolean {
  if (name === ENVIRONMENT) return file.path === 'src/config.ts';
  return IMPURE_HOMES.includes(file.path) || USER_SIDE.test(file.path);
}

test('functions are under 70 lines', () => {
  const findings = findInTrees((node, file) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type))
      return undefined;
    const lines = lineOf(file, node.end) - lineOf(file, node.start) + 1;
    const name = dottedName(node['id']) ?? '(unnamed)';
    if (lines < FUNCTION_LINES_MAX || LONG_FUNCTIONS.includes(`${file.path}#${name}`)) return undefined;
    return `${name} has ${lines} lines: split it where it changes subject`;
  });
  expect(findings).toEqual(none);
});

test('lines are at most 110 characters', () => {
  const findings = findInLines(files.filter(isCode), (line) =>
    line.length > LINE_LENGTH_MAX ? `${line.length} characters: break the line` : undefined,
  );
  expect(findings).toEqual(none);
});

test('files are at most 350 lines', () => {
  const findings = files
    .filter((file) => isCode(file) && file.lines.length - 1 > FILE_LINES_MAX)
    .map(({ path, lines }) => `${path}:1 ${lines.length - 1} lines: two things live in one room, part them`);
  expect(findings).toEqual(none);
});

test('files of more than 40 lines begin with what they are for', () => {
  const findings = sources
    .filter(
      ({ lines, text }) => lines.length > HEAD_COMMENT_FROM_LINES && !/^(#!.*\n)?\/(\*\*|\/)/.test(text),
    )
    .map(({ path }) => `${path}:1 begin with a comment: purpose, invariants, non-goals`);
  expect(findings).toEqual(none);
});

test('Redis keys are spelled in one module', () => {
  const findings = findInTrees((node, file) => {
    if (file.path === REDIS_KEYS_HOME) return undefined;
    const text = literalText(node);
    return text !== undefined && REDIS_KEY.test(text) ? `"${text}": use ${REDIS_KEYS_HOME}` : undefined;
  });
  expect(findings).toEqual(none);
});

function literalText(node: SyntaxNode): string | undefined {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type !== 'TemplateElement') return undefined;
  return (node['value'] as { cooked: string | null }).cooked ?? undefined;
}

test('Lua scripts say their keys in name and head', () => {
  const findings = files
    .filter(({ path }) => path.startsWith('src/') && path.endsWith('.lua'))
    .flatMap(({ path, text }) => {
      const keyCount = /^[a-z]+(?:-[a-z]+)+-(\d|n)\.lua$/.exec(basename(path))?.[1];
      if (keyCount === undefined) return [`${path}:1 name it <verb>-<noun>-<number of keys>.lua`];
      const head = /^(?:--.*\n)*/.exec(text)?.[0] ?? '';
      const listed = [...head.matchAll(/KEYS\[(\d)\]/g)].map(([, number]) => Number(number));
      const isWhole =
        head.includes('returns') && (head.includes('ARGV') || !text.replace(head, '').includes('ARGV'));
      const areListed = keyCount === 'n' ? listed.length > 0 : Math.max(0, ...listed) === Number(keyCount);
      if (!areListed || !isWhole) {
        return [
          `${path}:1 list KEYS (as many as the name says), ARGV and what it returns in the head comment`,
        ];
      }
      return [];
    });
  expect(findings).toEqual(none);
});

test('exports of src have names', () => {
  const findings = findInTrees((node) =>
    node.type === 'ExportDefaultDeclaration' ? 'default export: give it a name' : undefined,
  );
  expect(findings).toEqual(none);
});

test('files are named for what they hold', () => {
  const findings = sources
    .filter(
      ({ path }) => /(^|\/)(utils?|helpers?|common|types|misc)(\.ts|\/)/.test(path) || !isKebabCase(path),
    )
    .map(({ path }) => `${path}:1 kebab-case, noun first, and never utils, helpers, common or types`);
  expect(findings).toEqual(none);
});

const isKebabCase = (path: string): boolean => /^[a-z0-9./-]+$/.test(path);

test('no text gives away a machine or is a leftover', () => {
  // Put together from parts so that this file passes its own rule.
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|');
  const leftovers = new RegExp(`\\b(${words})\\b`);
  const makers = ['anthro' + 'pic', 'clau' + 'de', 'chat' + 'gpt', 'open' + 'ai', 'co' + 'pilot'].join('|');
  const machines = new RegExp(`\\b(${makers}|large language ${'model'})\\b`, 'i');
  const asides = new RegExp(['the brief ' + 'says', 'this work' + 'place'].join('|'), 'i');
  const homes = new RegExp(`(?<![\\w.:/-])/(${['wo' + 'rk', 'ho' + 'me', 'ro' + 'ot'].join('|')})/`);
  const findings = findInLines(files, (line) => {
    if (leftovers.test(line)) return 'leftover mark: do it, or say why not in a sentence';
    if (machines.test(line) || asides.test(line)) return 'say it without naming how it was written';
    if (homes.test(line)) return 'absolute path of one machine: make it relative to the project';
    return undefined;
  });
  expect(findings).toEqual(none);
});

interface LockEntry {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test('the lock file fits every registry and every platform', () => {
  const lock = JSON.parse(readFileSync(`${PROJECT_ROOT}/package-lock.json`, 'utf8')) as {
    packages: Record<string, LockEntry>;
  };
  const entries = Object.entries(lock.packages);
  const findings = entries.flatMap(([path, entry]) => {
    const resolved = entry.resolved === undefined ? [] : [`${path}: has an address, keep .npmrc as it is`];
    const absent = Object.keys(entry.optionalDependencies ?? {})
      .filter(
        (name) =>
          !(`node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages),
      )
      .map((name) => `${name}: not in package-lock.json, run node scripts/complete-lock.mjs`);
    return [...resolved, ...absent];
  });
  expect(findings).toEqual(none);
  expect(entries.length).toBeGreaterThan(50);
});

test('versions in package.json are exact', () => {
  const manifest = JSON.parse(readFileSync(`${PROJECT_ROOT}/package.json`, 'utf8')) as Record<
    string,
    unknown
  >;
  const wanted = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((group) =>
    Object.entries((manifest[group] ?? {}) as Record<string, string>),
  );
  const findings = wanted
    .filter(([, version]) => !/^(npm:[^@]+@)?\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `${name}@${version}: pin the exact version`);
  expect(findings).toEqual(none);
});
