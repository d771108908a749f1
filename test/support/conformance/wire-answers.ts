/**
 * The API of a running system, asked over the wire for everything it documents and can be brought to answer
 * from outside: each kind of answer, and every refusal that a client alone, or an operator, can bring about.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { MemoryRequest } from '../../../src/actors/broadcaster/memory-server.ts';
import type { GridView } from '../../../src/protocol/api/frames.ts';
import type { StatusAnswer } from '../../../src/protocol/api/http.ts';
import { signInMessage } from '../../../src/protocol/api/sign-in-message.ts';
import type { BetView } from '../../../src/protocol/bet-view.ts';
import { cellsOf, type TouchRequest } from '../player.ts';
import { newWallet, signed } from '../sign-in.ts';
import type { RunningSystem } from '../system.ts';
import { WsClient } from '../ws-client.ts';
import type { Observers } from './small-system.ts';

export const WIRE_ENV = { BROADCASTER_THREADS: '1', BETS_PER_MINUTE: '60', CONNECTIONS_MAX: '8' };
const TRIES_MAX = 200;
const BETS_AT_ONCE = 75;
const STAKE = '1000000';

type Headers = Readonly<Record<string, string>>;
interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export class WireClient {
  readonly system: RunningSystem;
  readonly observers: Observers;
  readonly #sockets = new Map<string, WsClient>();
  #ids = 0;

  constructor(system: RunningSystem, observers: Observers) {
    this.system = system;
    this.observers = observers;
  }

  async ask({ method = 'GET', path, query, headers = {}, body }: MemoryRequest): Promise<Answered> {
    const url = `${this.system.url}${path}${query === undefined ? '' : `?${query}`}`;
    const isJson = body !== undefined && typeof body !== 'string';
    const response = await fetch(url, {
      method,
      headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : String(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const parsed: unknown = type.startsWith('application/json') && text !== '' ? JSON.parse(text) : text;
    const answered = {
      status: response.status,
      body: parsed,
      headers: Object.fromEntries(response.headers),
    };
    this.observers.http.observe({ method, path, ...answered });
    return answered;
  }

  /** Sends a frame on the socket of whom the headers act for, and observes its answer. */
  async askSocket(frame: Readonly<Record<string, unknown>>, headers: Headers = {}): Promise<void> {
    const { authorization = '' } = headers;
    const socket =
      this.#sockets.get(authorization) ??
      (await new WsClient(socketUrl(this.system), { subprotocol: 'json' }).opened());
    this.#ids += 1;
    if (!this.#sockets.has(authorization)) {
      this.#sockets.set(authorization, socket);
      if (authorization !== '')
        await socket.ask({
          op: 'auth',
          token: authorization.slice('Bearer '.length),
          id: `auth-${this.#ids}`,
        });
    }
    await socket.ask({ ...frame, id: this.#ids });
  }

  socketOf(headers: Headers): WsClient | undefined {
    return this.#sockets.get(headers['authorization'] ?? '');
  }

  /** Everything the sockets received is as documented; they are closed. */
  closeSockets(): void {
    for (const { socket, frames } of this.#sockets.values()) {
      for (const frame of frames) this.observers.socket.observe(frame);
      socket.terminate();
    }
    this.#sockets.clear();
  }

  /** Asks until this was answered, for answers that a busy machine may not give at once. */
  async until(pair: string, attempt: () => Promise<unknown>): Promise<void> {
    const isSeen = (): boolean => this.observers.http.seen.has(pair);
    for (let tries = 0; tries < TRIES_MAX && !isSeen(); tries += 1) {
      await attempt();
      if (!isSeen()) await new Promise((resolve) => setTimeout(resolve, 250));
    }
    if (!isSeen()) throw new Error(`never answered: ${pair}`);
  }

  async signIn(): Promise<Headers> {
    const wallet = newWallet();
    for (;;) {
      const { signIn } = (await this.ask({ path: '/v1/status' })).body as StatusAnswer;
      const { nonce } = (await this.ask({ path: '/v1/auth/nonce' })).body as { nonce: string };
      const { serverTimeMs } = (await this.ask({ path: '/v1/time' })).body as { serverTimeMs: number };
      const message = signInMessage({
        ...{ domain: signIn.domain, uri: signIn.uri, statement: signIn.statement, nonce },
        ...{ address: wallet.address, chainId: signIn.chainIds[0] ?? 1 },
        ...{ issuedAtMs: serverTimeMs, expiresAtMs: serverTimeMs + 300_000 },
      });
      const body = await signed(wallet, message);
      const { status, body: session } = await this.ask({ method: 'POST', path: '/v1/auth/verify', body });
      if (status !== 200) continue;
      await this.ask({ method: 'POST', path: '/v1/auth/verify', body });
      const spoilt = { ...body, message: body.message.replace('Version: 1', 'Version: 2') };
      await this.ask({ method: 'POST', path: '/v1/auth/verify', body: spoilt });
      return { authorization: `Bearer ${(session as { token: string }).token}` };
    }
  }

  /** Over a socket too, under another key unless one is given. */
  async place(headers: Headers, body: object, key?: string): Promise<Answered> {
    await this.askSocket({ op: 'place', idempotencyKey: key ?? randomUUID(), bet: body }, headers);
    return this.placeOverHttp(headers, body, key);
  }

  placeOverHttp(headers: Headers, body: object, key: string = randomUUID()): Promise<Answered> {
    return this.ask({
      method: 'POST',
      path: '/v1/bets',
      headers: { ...headers, 'idempotency-key': key },
      body,
    });
  }

  /** A cell of a column that will not be locked soon, so that nothing but the market can refuse it. */
  async cell(): Promise<TouchRequest> {
    for (;;) {
      const { status, body } = await this.ask({ path: '/v1/grid' });
      const cells = status === 200 ? cellsOf(body as GridView, 1_000, STAKE) : [];
      const cell = cells.at(Math.floor(cells.length / 4));
      if (cell) return cell;
    }
  }

  async accepted(headers: Headers): Promise<BetView> {
    for (;;) {
      const { status, body } = await this.placeOverHttp(headers, await this.cell());
      if (status === 201) return body as BetView;
    }
  }

  /** False: there is nothing there (yet) to do that to. */
  async operate(command: object): Promise<boolean> {
    const token = readFileSync(join(this.system.dataDir, 'operator.token'), 'utf8').trim();
    const response = await fetch(`${this.system.adminUrl}/operate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id: randomUUID(), actor: 'ann', reason: 'conformance', command }),
    });
    if (response.ok || response.status === 404) return response.ok;
    throw new Error(`operate: ${response.status} ${await response.text()}`);
  }
}

export async function publicAnswers(client: WireClient): Promise<void> {
  for (const path of ['/v1/time', '/v1/status', '/v1/ledger', '/v1/calibration', '/v1/limits'])
    await client.until(`GET ${path} 200`, () => client.ask({ path }));
  for (const path of ['/v1/price', '/v1/grid', '/v1/prices', '/v1/checkpoints'])
    await client.until(`GET ${path} 200`, () => client.ask({ path }));
  await client.until('GET /v1/candles 200', () =>
    client.ask({ path: '/v1/candles', query: 'intervalMs=1000' }),
  );
  for (const path of ['/openapi.json', '/asyncapi.json', '/docs']) await sameAs(client, path);
  for (const path of ['/v1/nothing', '/v1/bets/a/b/c', '/nothing']) await client.ask({ path });
  await client.ask({ method: 'DELETE', path: '/v1/bets' });
}

/** Plain, compressed, as a head alone, and not again: one answer, whatever way it takes. */
async function sameAs(client: WireClient, path: string): Promise<void> {
  const plain = await client.ask({ path, headers: { 'accept-encoding': 'identity' } });
  const bytes = Number(plain.headers['content-length']);
  for (const coding of ['gzip', 'br']) {
    const small = await client.ask({ path, headers: { 'accept-encoding': coding } });
    expect([small.headers['content-encoding'], small.body]).toEqual([coding, plain.body]);
    expect(Number(small.headers['content-length'])).toBeLessThan(bytes / 5);
  }
  const head = await client.ask({ method: 'HEAD', path, headers: { 'accept-encoding': 'identity' } });
  expect([head.status, head.body, Number(head.headers['content-length'])]).toEqual([200, '', bytes]);
  const known = { 'if-none-match': plain.headers['etag'] ?? '' };
  const again = await client.ask({ path, headers: known });
  expect([again.status, again.body, again.headers['etag']]).toEqual([304, '', plain.headers['etag']]);
  const options = await client.ask({ method: 'OPTIONS', path });
  expect([options.status, options.headers['allow']]).toEqual([204, 'GET, HEAD, OPTIONS']);
}

export async function accountAnswers(client: WireClient): Promise<void> {
  const headers = await client.signIn();
  await client.ask({ path: '/v1/account', headers });
  await client.ask({ path: '/v1/limits', headers });
  await client.ask({ path: '/v1/limits/self', headers });
  const limits = { maxStakeMicros: '100000', maxLossMicros: null, pausedUntilMs: null };
  await client.ask({ method: 'PUT', path: '/v1/limits/self', headers, body: limits });
  await client.until('POST /v1/bets SELF_LIMIT', async () => client.place(headers, await client.cell()));
  const pausedUntilMs = Date.now() + 3_600_000;
  await client.ask({ method: 'PUT', path: '/v1/limits/self', headers, body: { ...limits, pausedUntilMs } });
  await client.until('POST /v1/bets SELF_PAUSED', async () => client.place(headers, await client.cell()));
  await client.ask({ method: 'POST', path: '/v1/auth/signout', headers });
  await client.ask({ method: 'POST', path: '/v1/auth/signout', headers });
}

export async function betAnswers(client: WireClient): Promise<void> {
  const headers = await client.signIn();
  const cell = await client.cell();
  const { minMultiplier: _, ...quoted } = cell;
  await client.ask({ method: 'POST', path: '/v1/quotes', headers, body: { cells: [quoted] } });
  await client.ask({ method: 'POST', path: '/v1/quotes', body: { cells: [quoted] } });
  const bet = await client.accepted(headers);
  const proofPath = `/v1/bets/${bet.id}/proof`;
  await client.ask({ path: proofPath, headers });
  await refusals(client, headers, bet);
  await client.ask({
    ...{ method: 'POST', path: '/v1/bets/batch', headers },
    body: { bets: [{ idempotencyKey: randomUUID(), bet: await client.cell() }] },
  });
  await client.ask({ path: '/v1/bets', headers });
  await client.ask({ path: `/v1/bets/${bet.id}`, headers });
  await client.ask({ path: '/v1/bets/nobody', headers });
  const other = await client.accepted(headers);
  await client.until('GET /v1/bets/{id}/proof PROOF_UNAVAILABLE', async () => {
    // A bet can be voided from the tick after its own on.
    if (await client.operate({ type: 'void', betId: other.id }))
      await client.ask({ path: `/v1/bets/${other.id}/proof`, headers });
  });
  await client.operate({ type: 'pause' });
  await client.until('POST /v1/bets PAUSED', async () => client.place(headers, await client.cell()));
  await client.operate({ type: 'resume' });
  await tooManyBets(client);
  await client.until('GET /v1/bets/{id}/proof 200', () => client.ask({ path: proofPath, headers }));
  await client.ask({ path: `/v1/bets/${bet.id}`, headers });
}

async function refusals(client: WireClient, headers: Headers, bet: BetView): Promise<void> {
  const key = randomUUID();
  await client.place(headers, { ...(await client.cell()), stakeMicros: '1' }, key);
  await client.until('POST /v1/bets IDEMPOTENCY_CONFLICT', async () =>
    client.place(headers, await client.cell(), key),
  );
  const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = bet;
  const same = { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents };
  const spoilt: readonly (readonly [string, object])[] = [
    ['DUPLICATE_CELL', { ...same, stakeMicros: STAKE, minMultiplier: '1' }],
    ['QUOTE_MOVED', { minMultiplier: '9999999.99' }],
    ['STAKE_OUT_OF_RANGE', { stakeMicros: '1' }],
    ['CELL_DISABLED', { closesAtMs: closesAtMs + 1 }],
    ['COLUMN_LOCKED', { opensAtMs: 5_000, closesAtMs: 10_000 }],
  ];
  for (const [code, change] of spoilt) {
    await client.until(`POST /v1/bets ${code}`, async () =>
      client.place(headers, { ...(await client.cell()), ...change }),
    );
  }
}

async function tooManyBets(client: WireClient): Promise<void> {
  const headers = await client.signIn();
  const late = { ...(await client.cell()), opensAtMs: 5_000, closesAtMs: 10_000 };
  await Promise.all(Array.from({ length: BETS_AT_ONCE }, () => client.placeOverHttp(headers, late)));
  await client.place(headers, late);
  const batch = { bets: [{ idempotencyKey: randomUUID(), bet: late }] };
  await client.ask({ method: 'POST', path: '/v1/bets/batch', headers, body: batch });
  await client.askSocket({ op: 'place-batch', ...batch }, headers);
}

/** Every op, answered, and every push. */
export async function socketAnswers(client: WireClient): Promise<void> {
  const headers = await client.signIn();
  const channels = ['price', 'grid', 'bets', 'account'];
  await client.askSocket({ op: 'subscribe', channels }, headers);
  const cell = await client.cell();
  const { minMultiplier: _, ...quoted } = cell;
  await client.askSocket({ op: 'quote', cells: [quoted] }, headers);
  await client.askSocket({ op: 'place', idempotencyKey: randomUUID(), bet: cell }, headers);
  const bets = [{ idempotencyKey: randomUUID(), bet: await client.cell() }];
  await client.askSocket({ op: 'place-batch', bets }, headers);
  await client.accepted(headers);
  for (const op of ['account', 'bets', 'ping']) await client.askSocket({ op }, headers);
  await client.socketOf(headers)?.frame(({ push }) => push === 'heartbeat');
  await client.socketOf(headers)?.frame(({ push }) => push === 'bet');
  await client.ask({ method: 'POST', path: '/v1/auth/signout', headers });
  await client.socketOf(headers)?.frame(({ push }) => push === 'signed-out');
  await client.askSocket({ op: 'unsubscribe', channels }, headers);
  client.closeSockets();
}

export async function handshakes(client: WireClient): Promise<void> {
  await client.ask({ path: '/v1/ws' });
  await refusedHandshake(client, { origin: 'https://elsewhere.example' });
  const url = socketUrl(client.system);
  const sockets = [];
  for (let i = 0; i < Number(WIRE_ENV.CONNECTIONS_MAX); i += 1)
    sockets.push(await new WsClient(url).opened());
  await refusedHandshake(client, {});
  for (const socket of sockets) socket.socket.terminate();
}

const socketUrl = ({ url }: RunningSystem): string => `${url.replace('http', 'ws')}/v1/ws`;

/** A handshake that is answered like any request. */
function refusedHandshake({ system, observers }: WireClient, headers: Headers): Promise<void> {
  const handshake = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const asked = httpRequest(`${system.url}/v1/ws`, { headers: { ...handshake, ...headers } });
    asked.once('error', reject);
    asked.once('upgrade', () => reject(new Error('the handshake was accepted')));
    asked.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        const answered = { status: response.statusCode ?? 0, body, headers: response.headers as Headers };
        observers.http.observe({ method: 'GET', path: '/v1/ws', ...answered });
        resolve();
      });
    });
    asked.end();
  });
}
