/** The project's own files as the guard-rail tests see them: text, lines, and syntax trees. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** A node of the syntax tree, as far as the rules look into it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const BINARY = /\.(gz|png|jpg|ico|woff2?)$/;

/** Every text file that is, or with the next commit would be, in the repository. */
export function projectFiles(): SourceFile[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', args, { cwd: PROJECT_ROOT, encoding: 'utf8' }).split('\n');
  return paths.filter((path) => path !== '' && !BINARY.test(path) && isFile(path)).map(readSourceFile);
}

const isFile = (path: string): boolean =>
  statSync(`${PROJECT_ROOT}/${path}`, { throwIfNoEntry: false })?.isFile() ?? false;

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(`${PROJECT_ROOT}/${path}`, 'utf8');
  return { path, text, lines: text.split('\n') };
}

/** `src/a/b.ts:12` of a position in the file. */
export function placeOf(file: SourceFile, offset: number): string {
  return `${file.path}:${lineOf(file, offset)}`;
}

export const lineOf = (file: SourceFile, offset: number): number =>
  file.text.slice(0, offset).split('\n').length;

export function parse(file: SourceFile): SyntaxNode {
  const { program, errors } = parseSync(file.path, file.text);
  if (errors.length > 0) throw new SyntaxError(`${file.path}: ${errors[0]?.message}`);
  return program as unknown as SyntaxNode;
}

/** Every node below (and including) the given one, parents first. */
export function* walk(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield* walk(item);
    } else if (isNode(value)) {
      yield* walk(value);
    }
  }
}

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';

/** `a.b` of a member expression on plain names, `a` of a name; undefined for anything else. */
export function dottedName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return node['name'] as string;
  if (node.type !== 'MemberExpression' || node['computed'] === true) return undefined;
  const object = dottedName(node['object']);
  const property = dottedName(node['property']);
  return object && property ? `${object}.${property}` : undefined;
}
