/** Many short texts in one: a long string costs its writer, its reader and the collector less than many. */
export const SEPARATOR = ' ';

/** The text at that place, counted from 0; empty behind the last one. */
export function wordAt(words: string, place: number): string {
  let from = 0;
  for (let skipped = 0; skipped < place; skipped += 1) {
    const next = words.indexOf(SEPARATOR, from);
    if (next < 0) return '';
    from = next + 1;
  }
  const end = words.indexOf(SEPARATOR, from);
  return end < 0 ? words.slice(from) : words.slice(from, end);
}
