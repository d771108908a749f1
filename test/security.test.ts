/** SECURITY.md names tests: they are there, under these titles. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROJECT_ROOT } from './support/source-files.ts';

const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), 'utf8');
const rows = read('SECURITY.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| threat'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

it.each(rows)('against %s', (_threat, _defence, tests = '') => {
  const named = tests.split('<br>').map((each) => /^`(test\/[^`]+)` (.+)$/.exec(each) ?? []);
  expect(named.length).toBeGreaterThan(0);
  for (const [, path = '', title = ''] of named) {
    expect(existsSync(join(PROJECT_ROOT, path)), path).toBe(true);
    const text = read(path).replaceAll("\\'", "'");
    expect(text.includes(`'${title}'`) || text.includes(`\`${title}\``), `${path}: ${title}`).toBe(true);
  }
});

it('has a row for everything there is to defend', () => {
  expect(rows.length).toBeGreaterThanOrEqual(18);
});
