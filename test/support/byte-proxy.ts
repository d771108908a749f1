/**
 * Stands between a client and a server and mistreats their bytes. Faults befall the connections there are;
 * later ones work.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface ByteProxy {
  readonly url: string;
  /** Bytes vanish both ways, and nothing is closed: a peer that is gone without a word. */
  hang(): void;
  /** Requests arrive, answers vanish. */
  loseAnswers(): void;
  /** Both sides are closed at once. */
  cut(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  losesRequests: boolean;
  losesAnswers: boolean;
}

export async function startByteProxy(toPort: number): Promise<ByteProxy> {
  const pairs = new Set<Pair>();
  const listener = createServer((client) => {
    const server = connect(toPort, '127.0.0.1');
    const pair: Pair = { client, server, losesRequests: false, losesAnswers: false };
    pairs.add(pair);
    const end = (): void => {
      // A peer that is gone does not notice that the other side closed.
      if (pair.losesRequests) return;
      pairs.delete(pair);
      destroy(pair);
    };
    client.on('data', (bytes) => void (pair.losesRequests || server.write(bytes)));
    server.on('data', (bytes) => void (pair.losesAnswers || client.write(bytes)));
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const each = (fault: (pair: Pair) => void) => () => {
    for (const pair of pairs) fault(pair);
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    hang: each((pair) => Object.assign(pair, { losesRequests: true, losesAnswers: true })),
    loseAnswers: each((pair) => Object.assign(pair, { losesAnswers: true })),
    cut: each(destroy),
    close: () => {
      for (const pair of pairs) destroy(pair);
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

function destroy({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}
