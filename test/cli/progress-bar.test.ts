import { expect, it } from 'vitest';
import { ProgressBar } from '../../src/cli/progress-bar.ts';

const written = (isTTY: boolean, fractions: readonly number[]): string[] => {
  const texts: string[] = [];
  const bar = new ProgressBar('work', { isTTY, write: (text) => texts.push(text) });
  for (const fraction of fractions) bar.show(fraction, `${fraction * 100} done`);
  return texts;
};

it('is a line each tenth where it cannot be redrawn', () => {
  expect(written(false, [0, 0.01, 0.11, 0.12, 1])).toEqual([
    'work   0 %  0 done\n',
    'work  11 %  11 done\n',
    'work 100 %  100 done\n',
  ]);
});

it('is one line redrawn on a terminal, which its end closes', () => {
  const [first, ...rest] = written(true, [0.5, 1]);
  expect(first).toMatch(/^\r.*█{15}░{15} {2}50 %/);
  expect(rest).toHaveLength(1);
  expect(rest[0]).toMatch(/100 %.*\n$/);
});
