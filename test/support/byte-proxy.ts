/**
 * Stands between a client and a server and mistreats their bytes. Faults befall the connections there are;
 * later ones work, unless each is given a number of bytes to live for.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface ByteProxyOptions {
  /**
   * After how many bytes of answers a new connection is cut, in the middle of whatever they say; undefined:
   * never.
   */
  readonly bytesToLive?: () => number | undefined;
  readonly onCut?: () => void;
  /** While false, new connections are closed at once. Default: always true. */
  readonly accepts?: () => boolean;
}

export interface ByteProxy {
  readonly url: string;
  readonly port: number;
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

export async function startByteProxy(toPort: number, options: ByteProxyOptions = {}): Promise<ByteProxy> {
  const pairs = new Set<Pair>();
  const listener = createServer((client) => {
    if (options.accepts && !options.accepts()) return void client.on('error', () => {}).destroy();
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
    let bytesLeft = options.bytesToLive?.() ?? Number.POSITIVE_INFINITY;
    server.on('data', (bytes) => {
      if (pair.losesAnswers) return;
      bytesLeft -= bytes.length;
      if (bytesLeft > 0) return void client.write(bytes);
      Object.assign(pair, { losesAnswers: true });
      options.onCut?.();
      client.write(bytes.subarray(0, bytes.length + bytesLeft), end);
    });
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
    port,
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
