import { expect, it, test } from 'vitest';
import { openSqlite, RowInserter } from '../../../src/runtime/index.ts';

const open = () => {
  const db = openSqlite({
    path: ':memory:',
    migrations: ['CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT;'],
  });
  return { db, rows: new RowInserter(db, 't', ['a', 'b']) };
};

test.each([0, 1, 39, 40, 41, 80, 123])('%i rows come in as they are, in order', (count) => {
  const { db, rows } = open();
  const values = Array.from({ length: count }, (_, i) => [i + 1, i % 3 === 0 ? null : `b${i}`]);
  rows.insert(values.flat());
  expect(db.prepare('SELECT a, b FROM t ORDER BY a').raw().all()).toEqual(values);
});

it('says what the database says', () => {
  const { rows } = open();
  expect(() => rows.insert([1, 'x', 1, 'y'])).toThrow(/UNIQUE/);
  expect(() => rows.insert([1, 'x', 2])).toThrow(RangeError);
});
