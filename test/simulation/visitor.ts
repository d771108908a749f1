/** Somebody who does everything wrong, and must be told so, each time in the documented way. */
import type { MemoryRequest } from '../../src/actors/broadcaster/memory-server.ts';
import type { StatusAnswer } from '../../src/protocol/api/http.ts';
import { BODY_BYTES_MAX } from '../../src/protocol/limits.ts';
import { Dice } from './dice.ts';
import type { Network } from './network.ts';
import type { World } from './world.ts';

interface Mistake extends MemoryRequest {
  /** What it is answered, whatever else is going on. */
  readonly code: string;
}

const keyed = { 'idempotency-key': 'visitor-1' };
const bets = { method: 'POST', path: '/v1/bets' };

const MISTAKES: readonly Mistake[] = [
  { path: '/v1/nowhere', code: 'NOT_FOUND' },
  { path: '/v1/prices', method: 'POST', code: 'METHOD_NOT_ALLOWED' },
  { path: '/v1/prices', query: 'fromMs=-1', code: 'MALFORMED' },
  { ...bets, body: {}, code: 'IDEMPOTENCY_KEY_REQUIRED' },
  { ...bets, headers: keyed, body: 'x'.repeat(BODY_BYTES_MAX + 1), code: 'PAYLOAD_TOO_LARGE' },
  { ...bets, headers: keyed, body: { stakeMicros: 1.5 }, code: 'MALFORMED' },
  { ...bets, headers: keyed, body: '{"a":', code: 'MALFORMED' },
  { path: '/v1/account', code: 'UNAUTHENTICATED' },
  { path: '/v1/account', headers: { authorization: 'Bearer x' }, code: 'UNAUTHENTICATED' },
  { path: '/v1/bets', headers: { authorization: 'Bearer 0x0.y' }, code: 'UNAUTHENTICATED' },
];

export class Visitor {
  readonly #world: World;
  readonly #network: Network;
  readonly #dice: Dice;

  constructor(seed: number, world: World, network: Network) {
    this.#world = world;
    this.#network = network;
    this.#dice = new Dice(seed, 'visitor');
  }

  start(): void {
    void this.#run();
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#look();
      await this.#world.clock.delay(this.#dice.int(200, 3_000));
      const { code, ...request } = this.#dice.pick(MISTAKES);
      const answer = await this.#network.request(request);
      // The session cannot be looked up, say.
      if (answer === 'lost' || answer.error?.retryable) continue;
      const told = answer.error?.code;
      this.#world.judge.expect(told === code, `${request.path} was answered ${told}, not ${code}`);
      if (this.#dice.chance(0.1)) this.#network.connect({ origin: 'https://elsewhere.example' })?.end();
    }
  }

  async #look(): Promise<void> {
    const { judge, plan } = this.#world;
    for (const path of ['/v1/price', '/v1/grid', '/v1/prices']) void this.#network.request({ path });
    const status = await this.#network.request({ path: '/v1/status' });
    if (status === 'lost' || status.error) return;
    const { feed } = status.body as StatusAnswer;
    const ageMs = this.#world.clock.nowMs() - feed.atMs;
    const isDown = feed.seq === 0 || ageMs > plan.rules.maxGapMs;
    judge.expect((feed.state === 'down') === isDown, `a feed ${ageMs} ms old was shown as ${feed.state}`);
  }
}
