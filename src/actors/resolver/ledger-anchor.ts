/**
 * The head of the ledger, kept outside of it, so that a ledger that went back, was replaced or is gone is
 * found before anything is booked on top of it.
 *
 * Invariants: only committed heads are written, so an anchor is never ahead of its ledger; one that is behind
 * it (a crash in between) is no contradiction. A write replaces the whole anchor or nothing of it.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LEDGER_HEAD_KEY, LEDGER_HEAD_TTL_SECONDS } from '../../protocol/redis-keys.ts';
import type { LedgerHead } from './ledger-chain.ts';

export interface LedgerAnchor {
  /** Undefined if there is none. Rejects if there is one that cannot be read. */
  read(): Promise<LedgerHead | undefined>;
  write(head: LedgerHead): Promise<void>;
}

/** A file beside the ledger. Throws if it is there and says nothing. */
export function readAnchorFile(path: string): LedgerHead | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const head = parseHead(text);
  if (!head) throw new Error(`${path} is no anchor of a ledger`);
  return head;
}

/** For commands: the anchor is durable when this returns. */
export function writeAnchorFile(path: string, head: LedgerHead): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, anchorText(head), { flush: true });
  renameSync(fresh, path);
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

export class FileLedgerAnchor implements LedgerAnchor {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<LedgerHead | undefined> {
    return readAnchorFile(this.#path);
  }

  /** Off this thread: syncing takes milliseconds. */
  async write(head: LedgerHead): Promise<void> {
    const fresh = `${this.#path}.new`;
    const file = await open(fresh, 'w');
    try {
      await file.writeFile(anchorText(head));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.#path);
    const directory = await open(dirname(this.#path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

/** What of Redis a copy of the head needs. */
interface AnchorRedis {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ex: 'EX', seconds: number): Promise<unknown>;
}

/**
 * A copy on another machine, perhaps: it knows better than a whole directory restored from a backup. Redis
 * may lose it or be away, so it only ever adds a reason to refuse.
 */
export class RedisLedgerAnchor implements LedgerAnchor {
  readonly #redis: AnchorRedis;

  constructor(redis: AnchorRedis) {
    this.#redis = redis;
  }

  async read(): Promise<LedgerHead | undefined> {
    try {
      return parseHead((await this.#redis.get(LEDGER_HEAD_KEY)) ?? '');
    } catch {
      return undefined;
    }
  }

  async write(head: LedgerHead): Promise<void> {
    await this.#redis.set(LEDGER_HEAD_KEY, anchorText(head), 'EX', LEDGER_HEAD_TTL_SECONDS);
  }
}

/** For tests and the simulator. */
export class MemoryLedgerAnchor implements LedgerAnchor {
  head: LedgerHead | undefined;

  async read(): Promise<LedgerHead | undefined> {
    return this.head;
  }

  async write(head: LedgerHead): Promise<void> {
    this.head = head;
  }
}

const anchorText = ({ ledgerId, commitSeq, transferSeq, hash }: LedgerHead): string =>
  `${JSON.stringify({ ledgerId, commitSeq, transferSeq, hash })}\n`;

function parseHead(text: string): LedgerHead | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { ledgerId, commitSeq, transferSeq, hash } = (value ?? {}) as Partial<LedgerHead>;
  const isHead =
    typeof ledgerId === 'string' &&
    Number.isSafeInteger(commitSeq) &&
    Number.isSafeInteger(transferSeq) &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash);
  return isHead ? (value as LedgerHead) : undefined;
}
