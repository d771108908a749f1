/**
 * Recorded files into the durable tick log, in two passes: the first reads and checks everything, the second
 * writes, so a refusal leaves the log as it was.
 *
 * Invariants: the log only grows at its end, so what is imported must be later than all it holds; points the
 * log holds already, exactly so, are passed over, which makes a repeated or interrupted import go on where it
 * was; every batch is one transaction. Non-goals: live systems (the caller holds the lock of the data).
 */
import type { TickLog } from '../../actors/history-writer/tick-log.ts';
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import type { PricePoint, RecordingFormat } from '../../market-data/recorded-rows.ts';
import { TickRaster } from '../../market-data/recorded-ticks.ts';
import { RecordingError, readRecording } from '../../market-data/recording.ts';

export type ImportRefusalCode =
  /** A file is of no known format, or does not read to its end. */
  | 'UNREADABLE'
  | 'MALFORMED_ROW'
  /** A file begins before the one given before it ends. */
  | 'FILES_OVERLAP'
  /** The log ends later, and does not hold this tick. */
  | 'LOG_IS_LATER'
  /** A live feed could not go on after it. */
  | 'IN_THE_FUTURE';

export class ImportRefused extends Error {
  readonly code: ImportRefusalCode;
  readonly file: string;
  /** 0: the file as a whole. */
  readonly line: number;

  constructor(code: ImportRefusalCode, file: string, line: number, reason: string) {
    super(reason);
    this.code = code;
    this.file = file;
    this.line = line;
  }
}

export interface ImportOptions {
  readonly log: TickLog;
  /** Oldest first. */
  readonly files: readonly string[];
  readonly tickMs: number;
  readonly nowMs: number;
  /** Leaves malformed rows out, counts them and tells of each, instead of refusing the whole. */
  readonly onBadRow?: (file: string, line: number, reason: string) => void;
  readonly onProgress?: (pass: 'checking' | 'importing', bytesRead: number, ticks: number) => void;
  readonly signal?: AbortSignal;
  readonly batchTicks?: number;
}

export interface ImportedFile {
  readonly file: string;
  readonly format: RecordingFormat;
  readonly rows: number;
  readonly badRows: number;
  readonly ticks: number;
}

export interface ImportReport {
  readonly files: readonly ImportedFile[];
  /** Ticks written by this run, and ticks the log held before. */
  readonly imported: number;
  readonly alreadyThere: number;
  readonly badRows: number;
  readonly lastSeq: number;
  /** Stopped by the signal; the same call again goes on. */
  readonly interrupted: boolean;
}

const BATCH_TICKS = 5_000;

interface ReadPoint extends PricePoint {
  /** Where the file stood when this was known. */
  readonly line: number;
}

interface Piece {
  readonly file: string;
  readonly points: readonly ReadPoint[];
}

export async function importTicks(options: ImportOptions): Promise<ImportReport> {
  const { log, signal, batchTicks = BATCH_TICKS } = options;
  const lastAtMs = log.head().last?.atMs ?? 0;
  const files: ImportedFile[] = [];
  let alreadyThere = 0;
  for await (const piece of piecesOf(options, 'checking', files)) {
    alreadyThere += checkHeld(log, piece, lastAtMs);
    if (signal?.aborted) return report(files, log, 0, alreadyThere, true);
  }
  const writer = new LogWriter(log, batchTicks);
  for await (const { points } of piecesOf(options, 'importing', [])) {
    for (const point of points) if (point.atMs > lastAtMs) writer.add(point);
    if (signal?.aborted) break;
  }
  // What is pending is whole; leaving it to the next run would only repeat the work.
  writer.flush();
  return report(files, log, writer.written, alreadyThere, signal?.aborted ?? false);
}

const report = (
  files: readonly ImportedFile[],
  log: TickLog,
  imported: number,
  alreadyThere: number,
  interrupted: boolean,
): ImportReport => ({
  files,
  imported,
  alreadyThere,
  badRows: files.reduce((sum, { badRows }) => sum + badRows, 0),
  lastSeq: log.head().last?.seq ?? 0,
  interrupted,
});

/** The points of all files in order. `done` gets a line about each file that was read to its end. */
async function* piecesOf(
  options: ImportOptions,
  pass: 'checking' | 'importing',
  done: ImportedFile[],
): AsyncGenerator<Piece> {
  let lastMs = 0;
  let bytesBefore = 0;
  let ticksBefore = 0;
  for (const file of options.files) {
    const reader = new FileReader(file, options, pass);
    for await (const piece of reader.pieces(lastMs)) {
      lastMs = piece.points.at(-1)?.atMs ?? lastMs;
      yield piece;
      options.onProgress?.(pass, bytesBefore + reader.bytesRead, ticksBefore + reader.ticks);
    }
    bytesBefore += reader.bytesRead;
    ticksBefore += reader.ticks;
    done.push(reader.summary());
  }
}

class FileReader {
  readonly #file: string;
  readonly #options: ImportOptions;
  readonly #isChecking: boolean;
  #format: RecordingFormat = 'series';
  #rows = 0;
  #badRows = 0;
  bytesRead = 0;
  ticks = 0;

  constructor(file: string, options: ImportOptions, pass: 'checking' | 'importing') {
    this.#file = file;
    this.#options = options;
    this.#isChecking = pass === 'checking';
  }

  summary(): ImportedFile {
    const { bytesRead: _, ticks } = this;
    return { file: this.#file, format: this.#format, rows: this.#rows, badRows: this.#badRows, ticks };
  }

  /** Throws ImportRefused. `afterMs` is where the file before ended. */
  async *pieces(afterMs: number): AsyncGenerator<Piece> {
    const raster = new TickRaster(this.#options.tickMs);
    let line = 0;
    try {
      for await (const { format, rows, bytesRead } of readRecording(this.#file)) {
        this.#format = format;
        this.bytesRead = bytesRead;
        const points: ReadPoint[] = [];
        for (const row of rows) {
          line = row.line;
          if (row.kind === 'bad') this.#takeBad(row.line, row.reason);
          else this.#rows += 1;
          for (const point of raster.take(row)) points.push(this.#checked(point, line, afterMs));
        }
        this.ticks += points.length;
        yield { file: this.#file, points };
      }
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      throw new ImportRefused('UNREADABLE', this.#file, error.line, error.message);
    }
    const points = raster.end().map((point) => this.#checked(point, line, afterMs));
    this.ticks += points.length;
    yield { file: this.#file, points };
  }

  #takeBad(line: number, reason: string): void {
    const { onBadRow } = this.#options;
    if (!onBadRow) throw new ImportRefused('MALFORMED_ROW', this.#file, line, reason);
    this.#badRows += 1;
    if (this.#isChecking) onBadRow(this.#file, line, reason);
  }

  #checked(point: PricePoint, line: number, afterMs: number): ReadPoint {
    const { nowMs } = this.#options;
    if (point.atMs <= afterMs) {
      const reason = `${isoTime(point.atMs)} is not after the end of the file before, ${isoTime(afterMs)}`;
      throw new ImportRefused('FILES_OVERLAP', this.#file, line, reason);
    }
    if (point.atMs > nowMs) {
      throw new ImportRefused('IN_THE_FUTURE', this.#file, line, `${isoTime(point.atMs)} is yet to come`);
    }
    return { ...point, line };
  }
}

/** How many of the points the log holds; throws if it should hold one and does not. */
function checkHeld(log: TickLog, { file, points }: Piece, lastAtMs: number): number {
  const old = points.filter(({ atMs }) => atMs <= lastAtMs);
  const [first, last] = [old[0], old.at(-1)];
  if (!first || !last) return 0;
  const held = new Map(
    log
      .range({ fromMs: first.atMs, toMs: last.atMs, limit: Number.MAX_SAFE_INTEGER })
      .map(({ atMs, priceCents }) => [atMs, priceCents]),
  );
  const missing = old.find(({ atMs, priceCents }) => held.get(atMs) !== priceCents);
  if (!missing) return old.length;
  const reason = `the log ends at ${isoTime(lastAtMs)} without the tick of ${isoTime(missing.atMs)}`;
  throw new ImportRefused('LOG_IS_LATER', file, missing.line, reason);
}

const isoTime = (atMs: number): string => new Date(atMs).toISOString();

/** Appends under an epoch of its own, so that a feed that was opened before is fenced off. */
class LogWriter {
  readonly #log: TickLog;
  readonly #batchTicks: number;
  readonly #epoch: number;
  #pending: IndexTick[] = [];
  #lastSeq: number;
  written = 0;

  constructor(log: TickLog, batchTicks: number) {
    const { epoch, last } = log.head();
    this.#log = log;
    this.#batchTicks = batchTicks;
    this.#epoch = epoch + 1;
    this.#lastSeq = last?.seq ?? 0;
  }

  add({ atMs, priceCents }: PricePoint): void {
    this.#lastSeq += 1;
    this.#pending.push({
      symbol: SYMBOL,
      seq: this.#lastSeq,
      atMs,
      priceCents,
      quality: 'ok',
      venues: 1,
      venueMask: 1,
      compositionJump: false,
    });
    if (this.#pending.length >= this.#batchTicks) this.flush();
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const epoch = this.#epoch;
    this.#log.commit({ epoch, entries: this.#pending.map((tick) => ({ epoch, tick })) });
    this.written += this.#pending.length;
    this.#pending = [];
  }
}
