/** One's own bets, lying on the grid where they are, from the tap to well after the outcome. */
import type { BetView } from '../../src/client/index.ts';
import type { BetBook } from '../bet-book.ts';
import { el, setText } from '../dom.ts';
import { credits, creditsShort } from '../format.ts';
import { placeOn, type Scale } from './viewport.ts';

interface Shown extends Pick<BetView, 'opensAtMs' | 'closesAtMs'> {
  readonly lowCents: number;
  readonly highCents: number;
}

/** How a bet looks from an instant of index time on. */
interface Look {
  readonly status: BetView['status'] | 'pending';
  readonly multiplier: string;
  readonly note: string;
  readonly fromMs: number;
}

interface BetElement {
  readonly element: HTMLElement;
  readonly multiplier: HTMLElement;
  readonly note: HTMLElement;
  readonly bet: Shown;
  /** What it will look like once the line has got there. */
  next: Look | undefined;
}

const GAP_PX = 1.5;

export class BetLayer {
  readonly #world: HTMLElement;
  readonly #shown = new Map<string, BetElement>();

  constructor(world: HTMLElement) {
    this.#world = world;
  }

  /** Bets that closed before `sinceMs` are out of sight. */
  render(book: BetBook, scale: Scale, sinceMs: number): void {
    const kept = new Set<string>();
    const show = (key: string, bet: Shown, look: Look): void => {
      if (bet.closesAtMs < sinceMs) return;
      kept.add(key);
      const view = this.#shown.get(key) ?? this.#add(key, bet, scale);
      if (view.element.dataset['status'] !== look.status) view.next = look;
    };
    for (const bet of book.bets) if (isOnGrid(bet)) show(bet.id, bet, lookOf(bet));
    for (const bet of book.pending)
      if (isOnGrid(bet)) show(bet.key, bet, lookOf({ ...bet, status: 'pending' }));
    for (const [key, { element }] of this.#shown) {
      if (kept.has(key)) continue;
      element.remove();
      this.#shown.delete(key);
    }
  }

  place(scale: Scale): void {
    for (const { element, bet } of this.#shown.values()) placeOn(element, scale, bet, GAP_PX);
  }

  /**
   * Marks the bets whose window the line is in, drops those that have left the screen, and shows an outcome
   * when the line on the screen, which is a little behind, gets to the tick that decided.
   */
  tick(nowMs: number, sinceMs: number): void {
    for (const [key, view] of this.#shown) {
      const { element, bet, next } = view;
      if (next && next.fromMs <= nowMs) {
        element.dataset['status'] = next.status;
        setText(view.multiplier, `${next.multiplier}×`);
        setText(view.note, next.note);
        view.next = undefined;
      }
      element.classList.toggle('is-live', bet.opensAtMs <= nowMs && nowMs <= bet.closesAtMs);
      if (bet.closesAtMs >= sinceMs) continue;
      element.remove();
      this.#shown.delete(key);
    }
  }

  #add(key: string, bet: Shown, scale: Scale): BetElement {
    const multiplier = el('b');
    const note = el('span');
    const element = el(
      'div',
      { class: 'bet', 'data-testid': 'bet', 'aria-hidden': 'true' },
      multiplier,
      note,
    );
    placeOn(element, scale, bet, GAP_PX);
    this.#world.append(element);
    const view: BetElement = { element, multiplier, note, bet, next: undefined };
    this.#shown.set(key, view);
    return view;
  }
}

/** The grid shows touch cells; bets of other kinds are in the list. */
const isOnGrid = <B extends Pick<BetView, 'kind' | 'lowCents' | 'highCents'>>(bet: B): bet is B & Shown =>
  bet.kind === 'touch' && bet.lowCents !== null && bet.highCents !== null;

type Lookable = Pick<BetView, 'multiplier' | 'stakeMicros'> &
  Partial<Pick<BetView, 'payoutMicros' | 'settledAtMs'>> & { readonly status: Look['status'] };

function lookOf({ status, multiplier, stakeMicros, payoutMicros, settledAtMs = 0 }: Lookable): Look {
  const gainMicros = Number(payoutMicros ?? 0) - Number(stakeMicros);
  const notes: Partial<Record<Look['status'], string>> = { won: `+${credits(gainMicros)}`, void: 'void' };
  return { status, multiplier, note: notes[status] ?? creditsShort(stakeMicros), fromMs: settledAtMs };
}
