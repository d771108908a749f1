/** Whether there is a price to bet on, judged by what arrives. */
import { byId, setText } from './dom.ts';

/** Without a tick for this long the line says nothing about now. */
const SILENT_MS = 1_500;

export type FeedState = 'waiting' | 'ok' | 'degraded' | 'silent';

const NOTES: Readonly<Record<FeedState, string>> = {
  waiting: 'Waiting for the price…',
  ok: '',
  degraded: 'The price feed is weak: near columns take no bets.',
  silent: 'No price. Bets wait until the feed is back; a long gap refunds the bets it touches.',
};

export function feedWatch(): { tick(quality: 'ok' | 'degraded'): void } {
  const [note, plot] = [byId('plot-note', HTMLElement), byId('plot', HTMLElement)];
  let lastMs: number | undefined;
  let quality: 'ok' | 'degraded' = 'ok';

  const show = (): void => {
    const isSilent = lastMs !== undefined && performance.now() - lastMs > SILENT_MS;
    const state: FeedState = lastMs === undefined ? 'waiting' : isSilent ? 'silent' : quality;
    plot.dataset['feed'] = state;
    note.hidden = NOTES[state] === '';
    setText(note, NOTES[state]);
  };
  show();
  setInterval(show, 250);
  return {
    tick: (next) => {
      lastMs = performance.now();
      quality = next;
    },
  };
}
