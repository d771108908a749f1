import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ASKS_MAX,
  DEADLINE_MS,
  RpcContractSignatures,
} from '../../../src/actors/session-guard/rpc-contract-signatures.ts';
import { ManualClock } from '../../../src/runtime/index.ts';
import { type JsonRpcServer, type RpcAnswer, startJsonRpcServer } from '../../support/json-rpc-server.ts';

const YES = `0x1626ba7e${'00'.repeat(28)}`;
const ASKED = {
  wallet: `0x${'ab'.repeat(20)}`,
  chainId: 1,
  digest: Buffer.alloc(32, 7),
  signature: `0x${'cd'.repeat(66)}`,
};

let node: JsonRpcServer;
beforeAll(async () => {
  node = await startJsonRpcServer();
});
beforeEach(() => {
  node.requests.length = 0;
});
afterAll(() => node.close());

const answers = (call: RpcAnswer, chain: RpcAnswer = { result: '0x1' }): void => {
  node.answer = ({ method }) => (method === 'eth_chainId' ? chain : call);
};
const signatures = (url = node.url, clock = new ManualClock(0)) => new RpcContractSignatures(url, clock);

describe('what a contract takes for a signature', () => {
  it('is asked by one call that changes nothing', async () => {
    answers({ result: YES });
    expect(await signatures().check(ASKED)).toBe('signed');
    const call = node.requests.find(({ method }) => method === 'eth_call');
    expect(node.requests.map(({ method }) => method).sort()).toEqual(['eth_call', 'eth_chainId']);
    const [{ to, data }, block] = (call?.params ?? []) as unknown as [{ to: string; data: string }, string];
    expect({ to, block }).toEqual({ to: ASKED.wallet, block: 'latest' });
    expect(data).toBe(
      `0x1626ba7e${'07'.repeat(32)}${'40'.padStart(64, '0')}${'42'.padStart(64, '0')}` +
        `${'cd'.repeat(66)}${'00'.repeat(30)}`,
    );
  });

  it.each<[string, RpcAnswer, RpcAnswer | undefined, string]>([
    ['no', { result: `0x${'00'.repeat(32)}` }, undefined, 'not-signed'],
    [
      'the magic with something behind it',
      { result: `0x1626ba7e${'00'.repeat(27)}01` },
      undefined,
      'not-signed',
    ],
    ['the magic at the wrong end', { result: `0x${'00'.repeat(28)}1626ba7e` }, undefined, 'not-signed'],
    ['four bytes alone', { result: '0x1626ba7e' }, undefined, 'not-signed'],
    ['nothing, because there is no contract', { result: '0x' }, undefined, 'not-signed'],
    ['that it reverted', { error: { code: 3, message: 'execution reverted' } }, undefined, 'not-signed'],
    ['that it has no time', { error: { code: -32005, message: 'limit' } }, undefined, 'unknown'],
    ['no hex', { result: 'yes' }, undefined, 'unknown'],
    ['a number', { result: 1 }, undefined, 'unknown'],
    ['true', { result: true }, undefined, 'unknown'],
    ['null', 'null', undefined, 'unknown'],
    ['an empty answer', '', undefined, 'unknown'],
    ['a page', '<html>sign in to the network</html>', undefined, 'unknown'],
    ['half of it', '{"result":"0x1626', undefined, 'unknown'],
    ['a cut connection', 'cut', undefined, 'unknown'],
    ['yes, of another chain', { result: YES }, { result: '0x5' }, 'wrong-chain'],
    ['yes, of no chain', { result: YES }, { result: 'main' }, 'unknown'],
    ['yes, of a chain it does not name', { result: YES }, {}, 'unknown'],
  ])('is not taken when the node says %s', async (_what, call, chain, verdict) => {
    answers(call, chain);
    expect(await signatures().check(ASKED)).toBe(verdict);
  });

  it('is unknown when nothing comes in time, and nothing is waited for', async () => {
    const asked = Promise.withResolvers<void>();
    node.answer = () => {
      if (node.requests.length === 2) asked.resolve();
      return 'silent';
    };
    const clock = new ManualClock(0);
    const checking = signatures(node.url, clock).check(ASKED);
    await asked.promise;
    clock.fireNext(DEADLINE_MS);
    expect(await checking).toBe('unknown');
  });

  it('is unknown when the node is down', async () => {
    const gone = await startJsonRpcServer();
    await gone.close();
    expect(await signatures(gone.url).check(ASKED)).toBe('unknown');
  });

  it('is not asked more often at once than so', async () => {
    answers('silent');
    const clock = new ManualClock(0);
    const shared = signatures(node.url, clock);
    const checking = Array.from({ length: ASKS_MAX }, () => shared.check(ASKED));
    expect(await shared.check(ASKED)).toBe('unknown');
    while (clock.fireNext(DEADLINE_MS));
    expect(new Set(await Promise.all(checking))).toEqual(new Set(['unknown']));
  });
});
