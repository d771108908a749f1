/**
 * A recorded file, gzipped or not, as rows in order: in pieces, so that a file of any size takes little
 * memory, or whole, for work that needs all of it at once.
 *
 * Every line becomes a row, is passed over because it holds no price, or is told as bad with its number.
 * A row whose time goes back, or a bar that begins in the one before, is bad: nothing downstream sorts.
 */
import { createReadStream, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { type Bar, formatOf, type PricePoint, parseRow, type RecordingFormat } from './recorded-rows.ts';

export type RecordedRow =
  | { readonly kind: 'bar'; readonly line: number; readonly bar: Bar }
  | { readonly kind: 'point'; readonly line: number; readonly point: PricePoint }
  | { readonly kind: 'bad'; readonly line: number; readonly reason: string };

export interface RecordingPiece {
  readonly format: RecordingFormat;
  readonly rows: readonly RecordedRow[];
  /** How much of the file, as it is on disk, was read so far. */
  readonly bytesRead: number;
}

/** The file is not a recording, or cannot be read to its end. */
export class RecordingError extends Error {
  readonly line: number;

  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

const PIECE_BYTES = 256 * 1024;
/** The longest frame seen in a recording has 64 KB. */
const LINE_LENGTH_MAX = 1024 * 1024;

export async function* readRecording(path: string): AsyncGenerator<RecordingPiece> {
  const isZipped = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  const text = isZipped ? gunzip(file) : file;
  text.setEncoding('utf8');
  const reader = new RowReader();
  let rest = '';
  try {
    for await (const piece of text as AsyncIterable<string>) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_LENGTH_MAX) throw new RecordingError(reader.line + 1, 'the line has no end');
      yield { ...reader.read(lines), bytesRead: file.bytesRead };
    }
    yield { ...reader.read(rest === '' ? [] : [rest]), bytesRead: file.bytesRead };
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    throw new RecordingError(reader.line, error instanceof Error ? error.message : String(error));
  } finally {
    file.destroy();
  }
}

/** The same in one go; blocks its thread. */
export function readWholeRecording(path: string): Omit<RecordingPiece, 'bytesRead'> {
  const reader = new RowReader();
  try {
    const bytes = readFileSync(path);
    const text = (hasGzipMagic(bytes) ? gunzipSync(bytes) : bytes).toString('utf8');
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    return reader.read(lines);
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    throw new RecordingError(reader.line, error instanceof Error ? error.message : String(error));
  }
}

function gunzip(file: Readable): Readable {
  const gunzipped = createGunzip({ chunkSize: PIECE_BYTES });
  file.once('error', (error) => gunzipped.destroy(error));
  return file.pipe(gunzipped);
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path).catch((error: Error) => {
    throw new RecordingError(0, error.message);
  });
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return hasGzipMagic(buffer);
  } finally {
    await handle.close();
  }
}

const hasGzipMagic = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

class RowReader {
  /** Of the line read last; the first is 1. */
  line = 0;
  #format: RecordingFormat | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  read(lines: readonly string[]): { readonly format: RecordingFormat; readonly rows: RecordedRow[] } {
    const rows: RecordedRow[] = [];
    for (const raw of lines) {
      this.line += 1;
      const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      this.#format ??= formatOf(text);
      if (!this.#format)
        throw new RecordingError(this.line, 'the header, or else the first row, is of no known format');
      const row = this.#row(this.#format, text);
      if (row) rows.push(row);
    }
    if (!this.#format) throw new RecordingError(0, 'the file is empty');
    return { format: this.#format, rows };
  }

  #row(format: RecordingFormat, text: string): RecordedRow | undefined {
    const { line } = this;
    const parsed = parseRow(format, text);
    switch (parsed.kind) {
      case 'other':
        return undefined;
      case 'bad':
        return { ...parsed, line };
      case 'bar':
        if (parsed.bar.openAtMs <= this.#lastMs) return late(line);
        this.#lastMs = parsed.bar.openAtMs + parsed.bar.lengthMs - 1;
        return { ...parsed, line };
      case 'point':
        if (parsed.point.atMs < this.#lastMs) return late(line);
        this.#lastMs = parsed.point.atMs;
        return { ...parsed, line };
      default:
        return parsed satisfies never;
    }
  }
}

const late = (line: number): RecordedRow => ({
  kind: 'bad',
  line,
  reason: 'not later than the row before',
});
