/**
 * The limits a wallet sets for itself: the largest stake of a bet, the largest loss in 24 hours, a pause.
 *
 * Tightening counts at once, loosening only after LOOSENING_DELAY_MS, so that nobody is talked out of a limit
 * in the heat of a moment. Pure: what holds is a function of the last change and the time.
 */
import { type Micros, micros } from './units.ts';

export interface SelfLimits {
  /** Null: no limit. */
  readonly maxStakeMicros: Micros | null;
  /** What settled bets lost in the last 24 h, less what they won, plus open stakes, may come to this. */
  readonly maxLossMicros: Micros | null;
  /** Takes no bets before this instant. Null: no pause. */
  readonly pausedUntilMs: number | null;
}

/** What holds now, and what will hold from `fromMs` on. */
export interface SelfLimitsState {
  readonly now: SelfLimits;
  readonly next: SelfLimits;
  readonly fromMs: number;
}

export const NO_SELF_LIMITS: SelfLimits = Object.freeze({
  maxStakeMicros: null,
  maxLossMicros: null,
  pausedUntilMs: null,
});

export const LOOSENING_DELAY_MS = 24 * 60 * 60 * 1_000;
/** Losses are counted over this long. */
export const LOSS_WINDOW_MS = 24 * 60 * 60 * 1_000;

export const selfLimitsAt = (state: SelfLimitsState | undefined, atMs: number): SelfLimits => {
  if (!state) return NO_SELF_LIMITS;
  return atMs >= state.fromMs ? state.next : state.now;
};

/** The state after the wallet asked for `wish` at `atMs`. */
export function changeSelfLimits(
  state: SelfLimitsState | undefined,
  wish: SelfLimits,
  atMs: number,
): SelfLimitsState {
  if (state && atMs >= state.fromMs && isSame(state.next, wish)) return state;
  const before = withoutPastPause(selfLimitsAt(state, atMs), atMs);
  const now: SelfLimits = {
    maxStakeMicros: tighter(before.maxStakeMicros, wish.maxStakeMicros),
    maxLossMicros: tighter(before.maxLossMicros, wish.maxLossMicros),
    pausedUntilMs: later(before.pausedUntilMs, wish.pausedUntilMs),
  };
  if (isSame(now, wish)) return { now, next: wish, fromMs: atMs };
  // Asking for the same again does not begin the wait anew.
  const isWaiting = state !== undefined && atMs < state.fromMs && isSame(state.next, wish);
  return { now, next: wish, fromMs: isWaiting ? state.fromMs : atMs + LOOSENING_DELAY_MS };
}

const withoutPastPause = (limits: SelfLimits, atMs: number): SelfLimits =>
  (limits.pausedUntilMs ?? atMs) <= atMs ? { ...limits, pausedUntilMs: null } : limits;

const tighter = (a: Micros | null, b: Micros | null): Micros | null => {
  if (a === null) return b;
  if (b === null) return a;
  return a < b ? a : b;
};

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

const isSame = (a: SelfLimits, b: SelfLimits): boolean =>
  a.maxStakeMicros === b.maxStakeMicros &&
  a.maxLossMicros === b.maxLossMicros &&
  a.pausedUntilMs === b.pausedUntilMs;

/** A bet settled: what its wallet won by it, or lost (negative). */
export interface SettledNet {
  readonly atMs: number;
  readonly netMicros: number;
}

/** Which limit a stake would break. */
export interface SelfLimitBreach {
  readonly limit: 'stake' | 'loss';
  readonly maxMicros: Micros;
}

interface Limited {
  readonly state: SelfLimitsState;
  /** In the order of settling; at least of the last LOSS_WINDOW_MS. */
  settled: SettledNet[];
}

/** The limits of all wallets that set some, and what those wallets won and lost lately. */
export class SelfLimitBook {
  readonly #byWallet = new Map<string, Limited>();

  state(wallet: string): SelfLimitsState | undefined {
    return this.#byWallet.get(wallet)?.state;
  }

  /** `settled`: bets of the last 24 h; needed when the wallet had no limits before. */
  set(wallet: string, state: SelfLimitsState, settled: readonly SettledNet[] = []): void {
    this.#byWallet.set(wallet, { state, settled: this.#byWallet.get(wallet)?.settled ?? [...settled] });
  }

  noteSettled(wallet: string, settled: SettledNet): void {
    this.#byWallet.get(wallet)?.settled.push(settled);
  }

  pausedUntilMs(wallet: string, atMs: number): number | undefined {
    const { pausedUntilMs } = selfLimitsAt(this.state(wallet), atMs);
    return pausedUntilMs !== null && pausedUntilMs > atMs ? pausedUntilMs : undefined;
  }

  /** `openMicros`: stakes of the wallet's open bets, all of which may be lost. */
  breach(wallet: string, stakeMicros: Micros, openMicros: Micros, atMs: number): SelfLimitBreach | undefined {
    const limited = this.#byWallet.get(wallet);
    if (!limited) return undefined;
    const { maxStakeMicros, maxLossMicros } = selfLimitsAt(limited.state, atMs);
    if (maxStakeMicros !== null && stakeMicros > maxStakeMicros)
      return { limit: 'stake', maxMicros: maxStakeMicros };
    if (maxLossMicros === null || lossMicros(limited, atMs) + openMicros + stakeMicros <= maxLossMicros)
      return undefined;
    return { limit: 'loss', maxMicros: maxLossMicros };
  }

  /** The largest stake that breaks no limit; undefined: there is none. Below 0: more than that is lost. */
  stakeRoomMicros(wallet: string, openMicros: Micros, atMs: number): Micros | undefined {
    const limited = this.#byWallet.get(wallet);
    if (!limited) return undefined;
    const { maxStakeMicros, maxLossMicros } = selfLimitsAt(limited.state, atMs);
    if (maxLossMicros === null) return maxStakeMicros ?? undefined;
    const lossRoomMicros = maxLossMicros - lossMicros(limited, atMs) - openMicros;
    return micros(Math.min(lossRoomMicros, maxStakeMicros ?? lossRoomMicros));
  }
}

/** What was lost in the last 24 h, net; 0 if more was won. Forgets what is older. */
function lossMicros(limited: Limited, atMs: number): number {
  const sinceMs = atMs - LOSS_WINDOW_MS;
  if ((limited.settled[0]?.atMs ?? atMs) <= sinceMs)
    limited.settled = limited.settled.filter((one) => one.atMs > sinceMs);
  let net = 0;
  for (const { netMicros } of limited.settled) net += netMicros;
  return Math.max(0, -net);
}
