/**
 * EIP-1271 by JSON-RPC: one `eth_call` of `isValidSignature(bytes32,bytes)` at the newest block, beside one
 * `eth_chainId`, so that a contract of another chain at the same address says nothing. Nothing is ever sent
 * to the chain, and signatures of contracts that are not there yet (EIP-6492) are refused: to check one means
 * to run code of the signer's choosing.
 *
 * The node is the operator's own choice and is believed; it is not waited for longer than DEADLINE_MS.
 */
import type { Clock } from '../../runtime/index.ts';
import type { ContractSignature, ContractSignatures, ContractVerdict } from './contract-signatures.ts';

export const DEADLINE_MS = 2_000;
/** Asks under way; more are not made. */
export const ASKS_MAX = 32;

/** Of `isValidSignature(bytes32,bytes)`, and what it returns for a good one. */
const MAGIC = '0x1626ba7e';
/** A `bytes4` as a call returns it. */
const YES = new RegExp(`^${MAGIC}0{56}$`, 'i');
const HEX = /^0x[0-9a-f]*$/i;
/** Of an answer of JSON-RPC: the called code reverted. */
const REVERTED = 3;
const SIGNATURE_AT = 64;

export class RpcContractSignatures implements ContractSignatures {
  readonly #url: string;
  readonly #clock: Pick<Clock, 'after'>;
  #underWay = 0;

  constructor(url: string, clock: Pick<Clock, 'after'>) {
    this.#url = url;
    this.#clock = clock;
  }

  async check(signature: ContractSignature): Promise<ContractVerdict> {
    if (this.#underWay >= ASKS_MAX) return 'unknown';
    this.#underWay += 1;
    const abort = new AbortController();
    const timer = this.#clock.after(DEADLINE_MS, () => abort.abort());
    try {
      const call = { to: signature.wallet, data: callData(signature) };
      const [chain, answer] = await Promise.all([
        this.#request('eth_chainId', [], abort.signal),
        this.#request('eth_call', [call, 'latest'], abort.signal),
      ]);
      return verdict(signature.chainId, chain, answer);
    } catch {
      return 'unknown';
    } finally {
      timer.cancel();
      abort.abort();
      this.#underWay -= 1;
    }
  }

  async #request(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      redirect: 'error',
      signal,
    });
    return await response.json();
  }
}

/** What cannot be read is not a no: the user may try again. */
function verdict(chainId: number, chain: unknown, answer: unknown): ContractVerdict {
  const id = fieldOf(chain, 'result');
  if (typeof id !== 'string' || !HEX.test(id)) return 'unknown';
  if (Number(id) !== chainId) return 'wrong-chain';
  if (fieldOf(fieldOf(answer, 'error'), 'code') === REVERTED) return 'not-signed';
  const result = fieldOf(answer, 'result');
  if (typeof result !== 'string' || !HEX.test(result)) return 'unknown';
  return YES.test(result) ? 'signed' : 'not-signed';
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** The call, ABI-encoded: digest, where the bytes begin, how many, the bytes padded to whole words. */
function callData({ digest, signature }: ContractSignature): string {
  const bytes = signature.slice(2);
  const word = (value: number): string => value.toString(16).padStart(64, '0');
  const padded = bytes.padEnd(Math.ceil(bytes.length / 64) * 64, '0');
  const words = [Buffer.from(digest).toString('hex'), word(SIGNATURE_AT), word(bytes.length / 2), padded];
  return `${MAGIC}${words.join('')}`;
}
