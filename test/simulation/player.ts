/** A player: listens, bets on cells near the line, looks at the account, signs out and in again. */
import { BET_KINDS, COLUMN_LENGTHS_MS } from '../../src/domain/cell.ts';
import { verifyProof } from '../../src/domain/proof/verify-proof.ts';
import { SYMBOL } from '../../src/domain/tick.ts';
import type { PlaceBetRequest } from '../../src/protocol/api/place-bet-request.ts';
import { NODE_CRYPTO, SERVICE_KEY } from '../support/proofs.ts';
import { Account } from './account.ts';
import { Dice } from './dice.ts';
import { Listener } from './listener.ts';
import type { Network } from './network.ts';
import { SelfLimiting } from './self-limits.ts';
import { Wager } from './wager.ts';
import { walletOf } from './wallets.ts';
import type { World } from './world.ts';

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 1_500;
const WAGERS_AT_ONCE_MAX = 8;
const ROW_CENTS = [500, 1_000, 1_000, 2_000, 2_000, 5_000] as const;

export class Player {
  readonly account: Account;
  readonly listener: Listener;
  readonly selfLimiting: SelfLimiting;
  /** Everything it ever bet or tried to. */
  readonly wagers: Wager[] = [];
  readonly #name: string;
  readonly #world: World;
  readonly #network: Network;
  readonly #dice: Dice;
  /** Places no new bets, but sees to those it placed. */
  isResting = false;

  constructor(index: number, seed: number, world: World, network: Network) {
    this.#name = `player-${index}`;
    this.#dice = new Dice(seed, this.#name);
    this.#world = world;
    this.#network = network;
    this.account = new Account(walletOf(index), world, network);
    this.listener = new Listener(this.account, world, network);
    this.selfLimiting = new SelfLimiting(this.#name, seed, this.account, world, network);
  }

  get undecided(): number {
    return this.wagers.filter(({ isDecided }) => !isDecided).length;
  }

  start(): void {
    void this.listener.run();
    void this.selfLimiting.run();
    void this.#run();
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#world.clock.delay(this.#dice.int(PAUSE_MS_MIN, PAUSE_MS_MAX));
      if (this.account.token === undefined) await this.account.signIn();
      if (this.isResting) continue;
      const act = this.#dice.fraction();
      if (act < 0.8) await this.#bet();
      else if (act < 0.9) await this.#look();
      else if (act < 0.93) await this.account.signOut();
      else if (act < 0.96) await this.account.signIn();
      else if (act < 0.98) await this.account.forge();
      else await this.account.misuse();
    }
  }

  /** A last bet, when all is well again: it must be decided. */
  betOnce(): void {
    void this.#bet();
  }

  async #bet(): Promise<void> {
    if (this.undecided >= WAGERS_AT_ONCE_MAX) return;
    const request = await this.#choose();
    if (!request) return;
    const key = `${this.#name}-${this.wagers.length}`;
    const { account, listener, selfLimiting } = this;
    const own = { account, listener, selfLimiting, bets: this.wagers };
    const bettor = { ...own, world: this.#world, network: this.#network };
    const wager = new Wager(key, request, bettor);
    this.wagers.push(wager);
    void wager.place();
  }

  async #choose(): Promise<PlaceBetRequest | undefined> {
    const dice = this.#dice;
    const { clock, plan, judge } = this.#world;
    const priceCents = judge.head?.priceCents;
    if (priceCents === undefined) return undefined;
    const rowCents = dice.chance(0.03) ? 100 : dice.pick(ROW_CENTS);
    const lengthMs = dice.chance(0.9) ? plan.rules.columnMs : dice.pick(COLUMN_LENGTHS_MS);
    const nextMs = (Math.floor(clock.nowMs() / lengthMs) + 1) * lengthMs;
    const ahead = dice.chance(0.03) ? dice.int(9, 14) : dice.int(dice.chance(0.1) ? 0 : 1, 3);
    const opensAtMs = nextMs + ahead * lengthMs;
    if (!this.isResting && dice.chance(0.15)) {
      // To arrive just about when the column locks.
      const waitMs = opensAtMs - plan.rules.lockMs - plan.rules.holdMs - dice.int(0, 250) - clock.nowMs();
      if (waitMs > 0 && waitMs < 6_000) await clock.delay(waitMs);
    }
    const reach = dice.chance(0.05) ? 60 : 2;
    const lowCents = (Math.floor(priceCents / rowCents) + dice.int(-reach, reach)) * rowCents;
    const closesAtMs = opensAtMs + lengthMs;
    const cell = { opensAtMs, closesAtMs, lowCents, highCents: lowCents + rowCents };
    const kind = dice.chance(0.4) ? 'touch' : dice.pick(BET_KINDS);
    const isOpen = dice.chance(kind === 'touch' || kind === 'no_touch' ? 0.01 : 0.5);
    return {
      symbol: SYMBOL,
      kind,
      ...cell,
      ...(isOpen ? dice.pick([{ lowCents: null }, { highCents: null }]) : {}),
      ...(dice.chance(0.03) ? dice.pick(misshapen(cell)) : {}),
      stakeMicros: String(this.#stakeMicros()),
      minMultiplier: dice.chance(0.1) ? '6.00' : '1.01',
    };
  }

  #stakeMicros(): number {
    const { minStakeMicros, maxStakeMicros } = this.#world.plan.rules;
    if (this.#dice.chance(0.03)) return this.#dice.pick([minStakeMicros - 1, maxStakeMicros + 1]);
    if (this.#dice.chance(0.05)) return this.#dice.pick([minStakeMicros, maxStakeMicros]);
    return Math.floor(this.#dice.magnitude(minStakeMicros, maxStakeMicros / 5));
  }

  /** Reads what it is shown; whatever it sees must be possible. */
  async #look(): Promise<void> {
    const headers = this.account.headers();
    for (const path of ['/v1/account', '/v1/bets', '/v1/ledger']) {
      await this.#network.request({ path, headers });
    }
    await this.#prove();
  }

  /** Whatever proof it is shown must hold, and be of what is booked. */
  async #prove(): Promise<void> {
    const { judge, reached } = this.#world;
    const bets = judge.betsOf(this.account.wallet.address);
    if (bets.length === 0) return;
    const { id } = this.#dice.pick(bets);
    const answer = await this.#network.request({
      path: `/v1/bets/${id}/proof`,
      headers: this.account.headers(),
    });
    if (answer === 'lost' || answer.status !== 200) return;
    const result = verifyProof(answer.body, NODE_CRYPTO, { signers: [SERVICE_KEY.address] });
    const proven = result.valid ? `${result.betId} ${result.outcome}` : `${result.reason} ${result.detail}`;
    const isProven = proven === `${id} ${judge.bet(id)?.status}`;
    judge.expect(isProven, `the proof of ${id} says ${proven}`);
    if (isProven) reached('proof verified');
  }
}

interface CellEdges {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number;
  readonly highCents: number;
}

/** What makes a cell one that nobody offers. */
const misshapen = ({ opensAtMs, closesAtMs, lowCents, highCents }: CellEdges): Partial<CellEdges>[] => [
  { opensAtMs: opensAtMs + 1 },
  { opensAtMs: opensAtMs + 1, closesAtMs: closesAtMs + 1 },
  { closesAtMs: opensAtMs },
  { highCents: highCents + 1 },
  { lowCents: lowCents + 1, highCents: highCents + 1 },
  { highCents: lowCents },
];
