/** The page, put together: client and socket, what is known, and what shows it. */
import { type AccountView, createTouchlineClient, createTouchlineSocket } from '../src/client/index.ts';
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
import { Session } from './session.ts';
import { loadSettings } from './settings.ts';
import { TickLine } from './tick-line.ts';

const baseUrl = location.origin;
const client = createTouchlineClient({ baseUrl });
const socket = createTouchlineSocket({ baseUrl, client, channels: ['price', 'grid', 'bets', 'account'] });

const settings = loadSettings();
const session = new Session(client, socket);
const account = observable<AccountView | undefined>(undefined);
const clock = new ServerClock();
const line = new TickLine(client);
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
const panel = new BetsPanel(client, book);
panel.render();
stakeBar(settings);
header({
  wallet: session.wallet,
  account,
  onSignIn: () => dialog.open(),
  onSignOut: () => void session.signOut().catch(toastError),
});

socket.on('state', ({ state }) => showConnection(state));
showConnection(socket.state);
socket.on('price', (tick) => {
  clock.learn(tick.atMs, performance.now());
  line.add(tick);
  feed.tick(tick.quality);
  setText(byId('price', HTMLElement), price(tick.priceCents));
});
socket.on('grid', (grid) => plot.setGrid(grid));
socket.on('bet', ({ bet }) => book.merge([bet]));
socket.on('bets', (bets) => book.merge(bets));
socket.on('account', (next) => account.set(next));

session.wallet.watch((wallet) => {
  book.clear();
  account.set(undefined);
  if (wallet === undefined) return;
  client.account().then((first) => account.set(account.value ?? first), toastError);
  client.bets().then(({ bets }) => book.merge(bets), toastError);
});
session.resume().catch(toastError);

function countDown(): void {
  const nowMs = clock.shownMs(performance.now());
  if (nowMs !== undefined) panel.tick(nowMs);
}
setInterval(countDown, 250);
window.addEventListener('online', () => socket.reconnectNow());
