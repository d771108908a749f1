/**
 * Trust nobody: every settled bet of a wallet is checked twice, by its signed proof and by deriving its
 * outcome anew from the published ticks. `node examples/audit-my-bets.ts URL PRIVATE_KEY`; exit code 1 if one
 * is wrong.
 */
import {
  type BetView,
  checkOutcome,
  createClient,
  type PriceTick,
  throwAwayWallet,
  ticksNeeded,
  verifyProof,
} from 'touchline/client';

const [, , baseUrl = 'http://127.0.0.1:8080', privateKey] = process.argv;
const client = createClient({ baseUrl, wallet: await throwAwayWallet(privateKey) });
const { limits, proof } = await client.http.status();
const signers = [proof.signer, ...proof.earlierSigners];

let [checked, wrong] = [0, 0];
for await (const bet of client.http.allBets()) {
  if (bet.status === 'open' || bet.reason === 'OPERATOR') continue;
  const problem = await problemOf(bet);
  checked += 1;
  if (problem) wrong += 1;
  console.log(`${bet.id} ${bet.status}: ${problem ?? 'proven and derived'}`);
}
console.log(`${checked} bets checked, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
client.close();

async function problemOf(bet: BetView): Promise<string | undefined> {
  const ticks: PriceTick[] = [];
  for await (const tick of client.http.prices(ticksNeeded(bet, limits))) ticks.push(tick);
  const { outcome } = checkOutcome(bet, ticks, limits);
  if (outcome !== bet.status) return `the ticks say ${outcome}`;
  const proven = await verifyProof(await client.http.proof(bet.id), { signers });
  if (!proven.valid) return `the proof is refused: ${proven.reason}`;
  return proven.outcome === bet.status ? undefined : `the proof says ${proven.outcome}`;
}
