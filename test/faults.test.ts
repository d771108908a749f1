/**
 * docs/faults.md is a promise: every fault in it has a test, and this proves that the tests are there. A row
 * points at tests by file and title, at classes of faults and goals of the simulator, at planted mutants, or
 * says why there is nothing yet.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GOALS } from './simulation/goals.ts';
import { MUTANTS } from './simulation/mutants.ts';
import { MUTANTS_ELSEWHERE } from './simulation/mutants-elsewhere.ts';
import { FAULT_CLASSES } from './simulation/plan.ts';
import { isNode, PROJECT_ROOT, parse, type SyntaxNode } from './support/source-files.ts';

const MATRIX_ROWS = 60;

interface Row {
  readonly id: string;
  readonly proofs: readonly string[];
}

const rows: readonly Row[] = readFileSync(join(PROJECT_ROOT, 'docs/faults.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-Z]\d+ /.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length !== 7) throw new Error(`not five cells: ${line}`);
    return { id: cells[1] ?? '', proofs: (cells[5] ?? '').split('<br>').map((proof) => proof.trim()) };
  });

const NAMED: Readonly<Record<string, readonly string[]>> = {
  simulator: FAULT_CLASSES,
  goal: GOALS,
  mutant: [...MUTANTS, ...MUTANTS_ELSEWHERE].map(({ name }) => name),
};

/** Undefined: the proof holds. */
function faultOf(proof: string): string | undefined {
  const [, file, title] = /^`(test\/[^`]+)` (.+)$/.exec(proof) ?? [];
  if (file !== undefined && title !== undefined) {
    if (!existsSync(join(PROJECT_ROOT, file))) return `there is no ${file}`;
    return hasTitle(file, title) ? undefined : `${file} has no test "${title}"`;
  }
  const [, kind = '', name = ''] = /^(simulator|goal|mutant): (.+)$/.exec(proof) ?? [];
  if (kind) return NAMED[kind]?.includes(name) ? undefined : `the simulation has no ${kind} "${name}"`;
  return /^not yet built: .{10,}/.test(proof) ? undefined : `what is "${proof}"?`;
}

/** A long title may be named by its beginning and an ellipsis. */
function hasTitle(file: string, title: string): boolean {
  const titles = titlesIn(file);
  if (!title.endsWith('…')) return titles.has(title);
  return [...titles].some((each) => each.startsWith(title.slice(0, -1)));
}

const titlesByFile = new Map<string, ReadonlySet<string>>();

/** Titles of a file's tests as they are written there, alone and behind those of their describe blocks. */
function titlesIn(path: string): ReadonlySet<string> {
  const known = titlesByFile.get(path);
  if (known) return known;
  const text = readFileSync(join(PROJECT_ROOT, path), 'utf8');
  const titles = new Set<string>();
  collect(parse({ path, text, lines: [] }), [], titles, text);
  titlesByFile.set(path, titles);
  return titles;
}

function collect(node: SyntaxNode, blocks: readonly string[], titles: Set<string>, text: string): void {
  let inside = blocks;
  const caller = node.type === 'CallExpression' ? callerOf(node['callee']) : undefined;
  const title = caller === undefined ? undefined : titleOf(node, text);
  if (title !== undefined && caller === 'describe') inside = [...blocks, title];
  if (title !== undefined && (caller === 'it' || caller === 'test')) {
    titles.add(title);
    titles.add([...blocks, title].join(' > '));
  }
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) collect(child, inside, titles, text);
}

/** `it` of `it(…)`, `it.each(…)(…)`, `` it.each`…`(…) ``. */
function callerOf(callee: unknown): string | undefined {
  if (!isNode(callee)) return undefined;
  if (callee.type === 'Identifier') return callee['name'] as string;
  return callerOf(callee['callee'] ?? callee['object'] ?? callee['tag']);
}

function titleOf(call: SyntaxNode, text: string): string | undefined {
  const [first] = call['arguments'] as SyntaxNode[];
  if (first?.type === 'Literal' && typeof first['value'] === 'string') return first['value'];
  return first?.type === 'TemplateLiteral' ? text.slice(first.start + 1, first.end - 1) : undefined;
}

test.each(rows)('$id has its proof', ({ proofs }) => {
  expect(proofs.map(faultOf).filter(Boolean)).toEqual([]);
});

test('no line of the fault matrix, and no class of faults of the simulator, is left out', () => {
  const ids = rows.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const matrix = Array.from({ length: MATRIX_ROWS }, (_, index) => `F${index + 1}`);
  expect(matrix.filter((id) => !ids.includes(id))).toEqual([]);
  const proofs = new Set(rows.flatMap((row) => row.proofs));
  expect(FAULT_CLASSES.filter((fault) => !proofs.has(`simulator: ${fault}`))).toEqual([]);
});
