// A bot in one file: sign in, bet on the cell next to the line, wait for the outcome.
//   npm install ethers && node bot.mjs
import { Wallet } from 'ethers';

const url = process.env.TOUCHLINE_URL ?? '{{url}}';
// Keep the key of your own wallet secret; a new random one is enough to try.
const wallet = process.env.WALLET_KEY ? new Wallet(process.env.WALLET_KEY) : Wallet.createRandom();

async function call(method, path, { body, headers } = {}) {
  const response = await fetch(url + path, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error.code), answer.error);
  return answer;
}

// 1. Sign in: the server says what to sign, the wallet signs it (EIP-4361), a token comes back.
const { signIn } = await call('GET', '/v1/status');
const { nonce } = await call('GET', '/v1/auth/nonce');
const { serverTimeMs } = await call('GET', '/v1/time');
const message = [
  `${signIn.domain} wants you to sign in with your Ethereum account:`,
  wallet.address,
  '',
  signIn.statement,
  '',
  `URI: ${signIn.uri}`,
  'Version: 1',
  `Chain ID: ${signIn.chainIds[0]}`,
  `Nonce: ${nonce}`,
  `Issued At: ${new Date(serverTimeMs).toISOString()}`,
  `Expiration Time: ${new Date(serverTimeMs + 5 * 60_000).toISOString()}`,
].join('\n');
const signature = await wallet.signMessage(message);
const { token } = await call('POST', '/v1/auth/verify', { body: { message, signature } });
console.log(`signed in as ${wallet.address}`);

// 2. Hear of your bets: subscribe and sign the socket in, in any order.
const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/ws`);
await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
const settled = new Map();
socket.onmessage = ({ data }) => {
  const frame = JSON.parse(data);
  if (frame.push === 'bet' && frame.event === 'BetSettled') settled.get(frame.bet.id)?.(frame.bet);
};
socket.send(JSON.stringify({ op: 'subscribe', channels: ['bets'], id: 1 }));
socket.send(JSON.stringify({ op: 'auth', token, id: 2 }));

// 3. Bet one credit on the open cell next to the price, at no less than 90 % of the multiplier shown.
async function placeBet() {
  const grid = await call('GET', '/v1/grid');
  const [cell] = grid.columns.flatMap((opensAtMs, c) =>
    grid.rows
      .map((lowCents, r) => ({ opensAtMs, lowCents, shown: grid.multipliers[c][r] }))
      .filter(({ shown }) => shown !== null)
      .sort((a, b) => Math.abs(a.lowCents - grid.priceCents) - Math.abs(b.lowCents - grid.priceCents)),
  );
  if (!cell) throw new Error('no cell takes bets now');
  const bet = {
    symbol: 'btc:usd',
    kind: 'touch',
    opensAtMs: cell.opensAtMs,
    closesAtMs: cell.opensAtMs + grid.columnMs,
    lowCents: cell.lowCents,
    highCents: cell.lowCents + grid.rowHeightCents,
    stakeMicros: '1000000',
    minMultiplier: Math.max(1, Math.floor(cell.shown * 90) / 100).toFixed(2),
  };
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': crypto.randomUUID() };
  return call('POST', '/v1/bets', { body: bet, headers });
}

// A refusal is decided for ever under its key: another try is another bet, on a newer grid.
let bet;
while (!bet) {
  bet = await placeBet().catch((error) => void console.log(`refused: ${error.message}`));
  if (!bet) await new Promise((resolve) => setTimeout(resolve, 500));
}
console.log(
  `bet ${bet.id}: ${bet.stakeMicros} at ${bet.multiplier}, closes ${new Date(bet.closesAtMs).toISOString()}`,
);

// 4. The outcome comes by itself, at the first tick that decides it.
const outcome = await new Promise((resolve) => settled.set(bet.id, resolve));
console.log(`bet ${outcome.id}: ${outcome.status}`);
const account = await call('GET', '/v1/account', { headers: { authorization: `Bearer ${token}` } });
console.log(`balance: ${account.balanceMicros}`);
socket.close();
