/** One visit as a player: signed in, connected, one bet placed. So that there is something to observe. */
import { createTouchlineClient, createTouchlineSocket, throwAwayWallet } from '../client/index.ts';
import { placeBets } from './demo/bet-placing.ts';

const STAKE_MICROS = '1000000';

/** Resolves, while still connected, with the function that leaves. */
export async function visit(url: string): Promise<() => void> {
  const client = createTouchlineClient({ baseUrl: url });
  const { token } = await client.signIn(await throwAwayWallet());
  const socket = createTouchlineSocket({ baseUrl: url, channels: ['price'] });
  try {
    await socket.auth(token);
    await placeBets({ client, socket, count: 1, stakeMicros: STAKE_MICROS });
    return () => socket.close();
  } catch (error) {
    socket.close();
    throw error;
  }
}
