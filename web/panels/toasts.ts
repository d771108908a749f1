/**
 * Short messages that come and go. Refusals say what happened in the user's words, with the code beside
 * them.
 */
import { TouchlineError } from '../../src/client/index.ts';
import { byId, el } from '../dom.ts';

export type ToastKind = 'info' | 'won' | 'lost' | 'error';

const SHOWN_MS = 4_500;
const AT_ONCE_MAX = 4;

/** What to do about it, where the registry's own sentence is not yet help. */
const HELP: Readonly<Record<string, (error: TouchlineError) => string>> = {
  QUOTE_MOVED: ({ details }) =>
    `The price moved: it pays ${details['multiplier'] ?? 'less'} now. Tap again to take it.`,
  COLUMN_LOCKED: () => 'Too late for this column. Try one further right.',
  CELL_DISABLED: () => 'This cell takes no bets now. Try another.',
  DUPLICATE_CELL: () => 'You already have a bet on this cell.',
  INSUFFICIENT_BALANCE: () => 'Not enough credits for this stake.',
  RATE_LIMITED: ({ retryAfterMs }) => `That was fast. Wait ${Math.ceil(retryAfterMs / 1_000) || 'some'} s.`,
  FEED_DEGRADED: () => 'The price feed is weak just now; no bets on near columns.',
  NETWORK_FAILED: () => 'No connection. The bet may or may not have been placed; it shows here once we know.',
  TIMED_OUT: () => 'No answer in time. If the bet was placed, it shows here in a moment.',
};

export const sayError = (error: TouchlineError): string => HELP[error.code]?.(error) ?? error.message;

export function toast(kind: ToastKind, text: string, code?: string): void {
  const list = byId('toasts', HTMLElement);
  const role = kind === 'error' ? 'alert' : 'status';
  const item = el('p', { class: `toast toast-${kind}`, role, 'data-code': code }, text);
  list.append(item);
  while (list.children.length > AT_ONCE_MAX) list.firstElementChild?.remove();
  setTimeout(() => {
    item.classList.add('is-leaving');
    setTimeout(() => item.remove(), 300);
  }, SHOWN_MS);
}

export function toastError(error: unknown): void {
  if (error instanceof TouchlineError) {
    toast('error', sayError(error), error.code);
    return;
  }
  console.error(error);
  toast('error', 'Something broke in this page. Reload it.', 'PAGE_BROKEN');
}
