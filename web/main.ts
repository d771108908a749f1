/** The page, put together: the client, what is known, and what shows it. */
import { type AccountView, createClient, TouchlineError } from '../src/client/index.ts';
import { BetBook } from './bet-book.ts';
import { byId, setText } from './dom.ts';
import { feedWatch } from './feed-watch.ts';
import { credits, price } from './format.ts';
import { observable } from './observable.ts';
import { BetsPanel } from './panels/bets-panel.ts';
import { header, showConnection } from './panels/header.ts';
import { signInDialog } from './panels/sign-in-dialog.ts';
import { stakeBar } from './panels/stake-bar.ts';
import { toast, toastError } from './panels/toasts.ts';
import { placeBet } from './placing.ts';
import { Plot } from './plot/plot.ts';
import { ServerClock } from './server-clock.ts';
import { Session, storedToken } from './session.ts';
import { loadSettings } from './settings.ts';
import { TickLine } from './tick-line.ts';

const token = storedToken();
const client = createClient({ baseUrl: location.origin, ...(token !== undefined && { token }) });

const settings = loadSettings();
const session = new Session(client);
const account = observable<AccountView | undefined>(undefined);
const clock = new ServerClock();
const line = new TickLine(client.http);
const feed = feedWatch();

const book = new BetBook({
  changed: () => {
    plot.renderBets();
    panel.render();
    countDown();
  },
  settled: (bet) => {
    const gainMicros = Number(bet.payoutMicros) - Number(bet.stakeMicros);
    if (bet.status === 'won') toast('won', `Touched at ${bet.multiplier}×: +${credits(gainMicros)}`);
    if (bet.status === 'void')
      toast('info', 'The price feed failed this bet: your stake is back.', bet.reason);
  },
});
const dialog = signInDialog(session);
const plot = new Plot(clock, line, book, (cell) => {
  if (session.wallet.value === undefined) dialog.open();
  else void placeBet(cell, { client, book, settings });
});
const panel = new BetsPanel(client.http, book);
panel.render();
stakeBar(settings);
header({
  wallet: session.wallet,
  account,
  onSignIn: () => dialog.open(),
  onSignOut: () => void session.signOut().catch(toastError),
});

client.on('state', ({ state }) => showConnection(state));
showConnection('connecting');
void follow(client.prices(), (tick) => {
  clock.learn(tick.atMs, performance.now());
  line.add(tick);
  feed.tick(tick.quality);
  setText(byId('price', HTMLElement), price(tick.priceCents));
});
void follow(client.grids(), (grid) => plot.setGrid(grid));

session.wallet.watch((wallet) => {
  book.clear();
  account.set(undefined);
  if (wallet === undefined) return;
  void follow(client.accounts(), (next) => account.set(next));
  void follow(client.bets(), (bet) => book.merge([bet]));
  client.http.bets().then(({ bets }) => book.merge(bets), toastError);
});

/** Until its loop ends; that of a session ends with it, and there is nothing to say about that. */
async function follow<T>(values: AsyncIterable<T>, take: (value: T) => void): Promise<void> {
  try {
    for await (const value of values) take(value);
  } catch (error) {
    const isSignOut = error instanceof TouchlineError && error.code === 'UNAUTHENTICATED';
    if (!isSignOut) toastError(error);
  }
}

function countDown(): void {
  const nowMs = clock.shownMs(performance.now());
  if (nowMs !== undefined) panel.tick(nowMs);
}
setInterval(countDown, 250);
window.addEventListener('online', () => client.connectNow());
