/**
 * Open bets and history as lists. Each settled bet can be checked in the page, twice: the outcome is derived
 * anew from the published ticks, by code that shares nothing with the server's; and its signed proof is
 * verified.
 */
import {
  type BetView,
  checkOutcome,
  type TouchlineClient,
  ticksNeeded,
  verifyProof,
} from '../../src/client/index.ts';
import type { BetBook } from '../bet-book.ts';
import { byId, el, setText } from '../dom.ts';
import { bandShort, clockTime, credits, creditsShort } from '../format.ts';
import { toastError } from './toasts.ts';

const HISTORY_SHOWN_MAX = 40;

export class BetsPanel {
  readonly #client: TouchlineClient;
  readonly #book: BetBook;
  readonly #open = byId('open-bets', HTMLUListElement);
  readonly #history = byId('history', HTMLUListElement);
  /** Rows by bet and status; a settled bet's row never changes, so it is built once. */
  readonly #rows = new Map<string, HTMLLIElement>();

  constructor(client: TouchlineClient, book: BetBook) {
    this.#client = client;
    this.#book = book;
  }

  render(): void {
    const bets = this.#book.bets;
    const open = bets.filter(({ status }) => status === 'open').sort((a, b) => a.closesAtMs - b.closesAtMs);
    const settled = bets.filter(({ status }) => status !== 'open').slice(0, HISTORY_SHOWN_MAX);
    setText(byId('open-count', HTMLElement), open.length === 0 ? '' : String(open.length));
    fill(
      this.#open,
      open.map((bet) => this.#row(bet)),
      'Nothing in play.',
    );
    fill(
      this.#history,
      settled.map((bet) => this.#row(bet)),
      'No bets yet.',
    );
  }

  /** Counts the open bets down. */
  tick(nowMs: number): void {
    for (const bet of this.#book.bets) {
      const when = bet.status === 'open' ? this.#rows.get(keyOf(bet))?.querySelector('.bet-when') : undefined;
      if (when) setText(when, countdown(bet, nowMs));
    }
  }

  #row(bet: BetView): HTMLLIElement {
    const known = this.#rows.get(keyOf(bet));
    if (known) return known;
    const row = bet.status === 'open' ? openRow(bet) : this.#settledRow(bet);
    this.#rows.delete(`${bet.id} open`);
    this.#rows.set(keyOf(bet), row);
    return row;
  }

  #settledRow(bet: BetView): HTMLLIElement {
    const check = el('button', { class: 'check', type: 'button', 'data-testid': 'check' }, 'Check');
    check.addEventListener('click', () => void this.#check(bet, check));
    return el(
      'li',
      {
        class: 'bet-row',
        'data-status': bet.status,
        'data-testid': 'settled-bet',
        'data-outcome': bet.status,
      },
      el('span', { class: 'bet-status' }, bet.status),
      el('span', { class: 'bet-band' }, bandOf(bet)),
      el('span', { class: 'bet-gain' }, gain(bet)),
      el('span', { class: 'bet-when' }, `${bet.multiplier}× · ${clockTime(bet.opensAtMs)}`),
      check,
    );
  }

  async #check(bet: BetView, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    setText(button, 'Checking');
    try {
      const { limits, proof: keys } = await this.#client.status();
      const ticks = [];
      for await (const tick of this.#client.prices(ticksNeeded(bet, limits))) ticks.push(tick);
      const { outcome } = checkOutcome(bet, ticks, limits);
      const signers = [keys.signer, ...keys.earlierSigners];
      const proven = await verifyProof(await this.#client.proof(bet.id), { signers });
      const agrees = outcome === bet.status && proven.valid && proven.outcome === bet.status;
      button.dataset['agrees'] = String(agrees);
      if (agrees) setText(button, `✓ ${ticks.length} ticks`);
      else setText(button, `✗ ${proven.valid ? `derived ${outcome}` : proven.reason}`);
    } catch (error) {
      setText(button, 'Check');
      button.disabled = false;
      toastError(error);
    }
  }
}

const bandOf = ({ kind, lowCents, highCents }: BetView): string =>
  (kind === 'touch' ? '' : `${kind.replace('_', ' ')} `) + bandShort(lowCents, highCents);

const keyOf = (bet: BetView): string => `${bet.id} ${bet.status}`;

function openRow(bet: BetView): HTMLLIElement {
  return el(
    'li',
    { class: 'bet-row', 'data-status': 'open', 'data-testid': 'open-bet' },
    el('span', { class: 'bet-status' }, `${bet.multiplier}×`),
    el('span', { class: 'bet-band' }, bandOf(bet)),
    el('span', { class: 'bet-gain' }, `${creditsShort(bet.stakeMicros)} → ${credits(bet.payoutMicros)}`),
    el('span', { class: 'bet-when' }),
  );
}

function countdown(bet: BetView, nowMs: number): string {
  if (nowMs < bet.opensAtMs) return `opens in ${Math.ceil((bet.opensAtMs - nowMs) / 1_000)} s`;
  if (nowMs <= bet.closesAtMs) return `live, ${Math.ceil((bet.closesAtMs - nowMs) / 1_000)} s left`;
  return 'settling';
}

function gain(bet: BetView): string {
  if (bet.status === 'won') return `+${credits(Number(bet.payoutMicros) - Number(bet.stakeMicros))}`;
  return bet.status === 'lost' ? `−${credits(bet.stakeMicros)}` : 'refunded';
}

/** Puts the rows in order, touching only what is not there yet, so that focus and animations survive. */
function fill(list: HTMLElement, rows: readonly HTMLElement[], whenEmpty: string): void {
  const wanted = rows.length > 0 ? rows : [el('li', { class: 'bet-none' }, whenEmpty)];
  const keep = new Set<Element>(wanted);
  for (const child of [...list.children]) if (!keep.has(child)) child.remove();
  for (const [i, row] of wanted.entries())
    if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
}
