/**
 * Documents, schemas, registry and behaviour are one: what is answered is documented, and what is documented
 * is answered. The pairs of routes and errors that the document names are each brought about here, over the
 * wire where that can be, else on real actors in memory.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRAME_ERRORS } from '../../../src/protocol/api/documented-errors.ts';
import { ApiObserver } from '../../support/conformance/api-observer.ts';
import { machineryErrors } from '../../support/conformance/machinery-errors.ts';
import { marketErrors } from '../../support/conformance/market-errors.ts';
import { socketMachinery } from '../../support/conformance/socket-machinery.ts';
import { opsOfSchema, SocketObserver } from '../../support/conformance/socket-observer.ts';
import {
  accountAnswers,
  betAnswers,
  handshakes,
  publicAnswers,
  socketAnswers,
  WIRE_ENV,
  WireClient,
} from '../../support/conformance/wire-answers.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

/** Documented, and never answered in a test. */
const NEVER_SEEN: Readonly<Record<string, string>> = {
  'GET /v1/ws INTERNAL': 'it works with nothing that can break',
};

const observers = { http: new ApiObserver(), socket: new SocketObserver() };

describe('over the wire, as documented', () => {
  let system: RunningSystem;
  let client: WireClient;
  beforeAll(async () => {
    system = await startSystem({ env: WIRE_ENV });
    client = new WireClient(system, observers);
  });
  afterAll(() => system.stop());

  it('what anybody may see', () => publicAnswers(client));
  it('accounts and sessions', () => accountAnswers(client));
  it('bets, from the quote to the proof', () => betAnswers(client), 120_000);
  it('sockets: every op and every push', () => socketAnswers(client));
  it('handshakes that are refused', () => handshakes(client));
});

it('on one stack, as documented: the machinery', () => machineryErrors(observers.http));
it('on one stack, as documented: the machinery of sockets', () => socketMachinery(observers.socket));
it('on one stack, as documented: a market in trouble', () => marketErrors(observers));

it('every answer of every route that is documented was seen', () => {
  expect(observers.http.missing()).toEqual(Object.keys(NEVER_SEEN));
});

it('every answer of every op, and every push, that is documented was seen', () => {
  expect(Object.keys(FRAME_ERRORS)).toEqual(opsOfSchema());
  expect(observers.socket.missing()).toEqual([]);
});
