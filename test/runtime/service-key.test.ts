import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom, systemRandom } from '../../src/runtime/random.ts';
import { recoverAddress, sha256, signNatively, signWithEthers } from '../../src/runtime/secp256k1.ts';
import { openServiceKey, rotateServiceKey, serviceKey } from '../../src/runtime/service-key.ts';

const dir = mkdtempSync(join(tmpdir(), 'touchline-key-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(dir, `${++files}.json`);
const digest = sha256(new TextEncoder().encode('something'));

describe('the key file', () => {
  it('is made once, for its owner only, and found again', () => {
    const path = newPath();
    const key = openServiceKey(path, systemRandom);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(openServiceKey(path, systemRandom).address).toBe(key.address);
    expect(readdirSync(dir).filter((name) => name.startsWith(`${files}.json`))).toEqual([`${files}.json`]);
  });

  it('is refused when others may read it, or when it holds no key, without a word of what it holds', () => {
    const path = newPath();
    openServiceKey(path, systemRandom);
    chmodSync(path, 0o640);
    expect(() => openServiceKey(path, systemRandom)).toThrow(/^SERVICE_KEY_EXPOSED/);
    const other = newPath();
    writeFileSync(other, 'secret', { mode: 0o600 });
    expect(() => openServiceKey(other, systemRandom)).toThrow(`SERVICE_KEY_UNREADABLE: ${other} holds no`);
  });

  it('is rotated in place, and keeps the addresses of what was', () => {
    const path = newPath();
    const first = openServiceKey(path, systemRandom);
    const second = rotateServiceKey(path, systemRandom);
    const third = rotateServiceKey(path, systemRandom);
    expect(third.earlier).toEqual([first.address, second.address]);
    expect(openServiceKey(path, systemRandom)).toMatchObject({
      address: third.address,
      earlier: third.earlier,
    });
    expect(JSON.parse(readFileSync(path, 'utf8')).privateKey).toMatch(/^0x[0-9a-f]{64}$/);
  });
});

describe('signatures', () => {
  const key = serviceKey(`0x${'11'.repeat(32)}`);

  it('tell who made them', () => {
    expect(recoverAddress(digest, key.sign(digest))).toBe(key.address);
    expect(recoverAddress(sha256(digest), key.sign(digest))).not.toBe(key.address);
  });

  it('are the same natively and not', () => {
    const random = seededRandom(1);
    for (let i = 0; i < 20; i += 1) {
      const [message, privateKey] = [random.bytes(32), random.bytes(32)];
      expect(signNatively?.(message, privateKey)).toBe(signWithEthers(message, privateKey));
    }
  });

  it('in another spelling are none', () => {
    const signature = key.sign(digest);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0');
    const v = signature.endsWith('1b') ? '1c' : '1b';
    for (const other of [
      `0x${signature.slice(2).toUpperCase()}`,
      `${signature.slice(0, 66)}${s}${v}`,
      `${signature.slice(0, 130)}00`,
      signature.slice(0, 130),
      `0x${'00'.repeat(64)}1b`,
      '',
    ])
      expect(recoverAddress(digest, other)).toBeUndefined();
  });
});
