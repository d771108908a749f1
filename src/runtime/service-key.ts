/**
 * The key a service signs with: one file next to its data, readable by its owner only, made at the first
 * start. Whoever comes first makes it; two at once agree, because a link is made by exactly one of them.
 *
 * Format: JSON `{ privateKey, earlier }`: 32 bytes as 0x-prefixed hex, and the addresses of keys used before.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Random } from './random.ts';
import { addressOfPrivateKey, signDigest } from './secp256k1.ts';
import { StartRefusedError } from './start-refused-error.ts';

export interface ServiceKey {
  /** Lower-case address. */
  readonly address: string;
  /** Addresses of keys this service used before. */
  readonly earlier: readonly string[];
  /** Signature of a 32-byte digest; see secp256k1.ts. */
  sign(digest: Uint8Array): string;
}

const OWNER_ONLY = 0o600;
const KEY_BYTES = 32;

const keyFileSchema = z.strictObject({
  privateKey: z.string().regex(/^0x[0-9a-f]{64}$/),
  earlier: z.array(z.string().regex(/^0x[0-9a-f]{40}$/)).max(100),
});
type KeyFile = z.infer<typeof keyFileSchema>;

/** Reads the key, or makes one. A file that others may read, or that holds no key, is refused. */
export function openServiceKey(path: string, random: Random): ServiceKey {
  const file = readKeyFile(path) ?? makeKeyFile(path, random);
  return serviceKey(file.privateKey, file.earlier);
}

/** Throws StartRefusedError if there is a key file that must not be used. Makes none. */
export const refuseUnsafeKeyFile = (path: string): void => void readKeyFile(path);

/** From a private key as 0x-prefixed hex. */
export function serviceKey(privateKeyHex: string, earlier: readonly string[] = []): ServiceKey {
  const privateKey = Buffer.from(privateKeyHex.slice(2), 'hex');
  return {
    address: addressOfPrivateKey(privateKey),
    earlier,
    sign: (digest) => signDigest(digest, privateKey),
  };
}

/** Puts a new key into the place of the one in the file, and notes the address of the old one. */
export function rotateServiceKey(path: string, random: Random): ServiceKey {
  const old = openServiceKey(path, random);
  const file = newKeyFile(random, [...old.earlier, old.address]);
  renameSync(writeDraft(path, file, random), path);
  return serviceKey(file.privateKey, file.earlier);
}

function readKeyFile(path: string): KeyFile | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return undefined;
  // Windows has no such bits.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new StartRefusedError('SERVICE_KEY_EXPOSED', `${path} can be read by others: chmod 600 it`);
  try {
    return keyFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Never with the parser's message: it quotes what it read.
    throw new StartRefusedError('SERVICE_KEY_UNREADABLE', `${path} holds no service key`);
  }
}

function makeKeyFile(path: string, random: Random): KeyFile {
  const draft = writeDraft(path, newKeyFile(random, []), random);
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  const kept = readKeyFile(path);
  if (!kept) throw new Error(`${path} vanished`);
  return kept;
}

function writeDraft(path: string, file: KeyFile, random: Random): string {
  const draft = `${path}.${random.id()}`;
  writeFileSync(draft, `${JSON.stringify(file)}\n`, { mode: OWNER_ONLY, flag: 'wx', flush: true });
  return draft;
}

/** All but 2^-127 of the 32-byte strings are keys of the curve; computing the address throws on the rest. */
function newKeyFile(random: Random, earlier: readonly string[]): KeyFile {
  const privateKey = random.bytes(KEY_BYTES);
  addressOfPrivateKey(privateKey);
  return { privateKey: `0x${Buffer.from(privateKey).toString('hex')}`, earlier: [...earlier] };
}
