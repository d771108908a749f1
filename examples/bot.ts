/** A bot: a fresh wallet, one bet on the cell nearest to the price, and what became of it. */
import { type BetView, createClient, openCells, profitMicros, throwAwayWallet } from 'touchline/client';

const client = createClient({
  baseUrl: process.argv[2] ?? 'http://127.0.0.1:8080',
  wallet: await throwAwayWallet(),
});

for await (const tick of client.prices()) {
  console.log(`BTC/USD ${(tick.priceCents / 100).toFixed(2)} (${tick.quality})`);
  if (tick.quality === 'ok') break;
}

const bet = await placeOne();
console.log(`bet ${bet.id}: 1 credit at ${bet.multiplier} until ${new Date(bet.closesAtMs).toISOString()}`);

const result = await client.result(bet.id);
console.log(`${result.status}, profit ${Number(profitMicros(result)) / 1e6} credits`);
client.close();

/** With each new grid, until a bet is taken. */
async function placeOne(): Promise<BetView> {
  for await (const grid of client.grids()) {
    const cell = openCells(grid).find(({ opensAtMs }) => opensAtMs > grid.atMs + 8_000);
    if (!cell) continue;
    try {
      const { probability, multiplier } = await client.quote(cell);
      console.log(`it wins with ${(100 * probability).toFixed(1)} % and pays ${multiplier}`);
      const minMultiplier = (0.95 * Number(multiplier)).toFixed(2);
      return await client.place({ ...cell, stakeMicros: '1000000', minMultiplier });
    } catch (error) {
      console.log(`not taken: ${error}`);
    }
  }
  throw new Error('the client was closed');
}
