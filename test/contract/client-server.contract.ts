/** What every server of clients must do for the connections it holds, whatever they stand on. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type {
  ClientServer,
  ClientSocket,
  ServerContext,
  ServerHandlers,
} from '../../src/actors/broadcaster/client-server.ts';
import { FRAME_BYTES_MAX } from '../../src/protocol/limits.ts';
import { Metrics, silentLogger, systemClock } from '../../src/runtime/index.ts';

/** The other end of a connection. */
export interface ContractClient {
  /** Texts and bytes as texts, in the order in which they came. */
  received(): readonly string[];
  send(text: string): void;
  /** Ends the connection without a word. */
  vanish(): void;
  closeCode(): number | undefined;
}

export interface ContractServer {
  readonly server: ClientServer;
  connect(port: number, subprotocol?: string): Promise<ContractClient>;
}

const context: ServerContext = { clock: systemClock, log: silentLogger, metrics: new Metrics('test') };

export function clientServerContract(open: () => ContractServer): void {
  let contract: ContractServer;
  let port: number;
  let sockets: ClientSocket[];
  let told: string[];
  let onMessage: (socket: ClientSocket, text: string) => void;

  const handlers: ServerHandlers = {
    handle: async () => ({ status: 200, headers: {}, body: '' }),
    upgrade: ({ protocols: [protocol] }) => ({ accept: true, ...(protocol !== undefined && { protocol }) }),
    open: (socket) => {
      const index = sockets.push(socket) - 1;
      return {
        message: (bytes, isBinary) => {
          const text = Buffer.from(bytes).toString();
          told.push(`${index} ${isBinary ? 'bytes' : 'text'} ${text.slice(0, 20)}`);
          onMessage(socket, text);
        },
        drained: () => {},
        closed: () => void told.push(`${index} closed`),
      };
    },
  };

  beforeEach(async () => {
    contract = open();
    sockets = [];
    told = [];
    onMessage = () => {};
    port = await contract.server.listen(handlers, context);
  });
  afterEach(() => contract.server.close());

  async function connected(): Promise<{ client: ContractClient; socket: ClientSocket }> {
    const client = await contract.connect(port);
    const socket = await vi.waitUntil(() => sockets.at(-1));
    return { client, socket };
  }

  it('brings frames both ways, in order, and copies what it is given to send', async () => {
    const { client, socket } = await connected();
    const bytes = Buffer.from('first');
    expect(socket.send(bytes)).toBe('sent');
    bytes.write('wrong');
    expect(socket.send('second')).toBe('sent');
    client.send('hello');
    await vi.waitUntil(() => client.received().length === 2 && told.length === 1);
    expect(client.received()).toEqual(['first', 'second']);
    expect(told).toEqual(['0 text hello']);
    expect(socket.bufferedBytes()).toBe(0);
  });

  it('sends at the end of a turn and together what it is told to, in order', async () => {
    const { client, socket } = await connected();
    onMessage = (_, text) => {
      socket.atTurnEnd(() => {
        socket.together(() => {
          for (let n = 1; n <= 3; n += 1) socket.send(`${text} ${n}`);
        });
        socket.send(`${text} after`);
      });
    };
    client.send('a');
    client.send('b');
    await vi.waitUntil(() => client.received().length === 8);
    expect(client.received()).toEqual(
      ['a', 'b'].flatMap((text) => [1, 2, 3, 'after'].map((n) => `${text} ${n}`)),
    );
  });

  it('goes on with the others when the work of one throws at the end of its turn', async () => {
    const { client, socket } = await connected();
    const fail = (): never => {
      throw new Error('broken');
    };
    // In memory the work runs at once, and so does its throw.
    try {
      socket.atTurnEnd(fail);
    } catch {}
    socket.atTurnEnd(() => void socket.send('still here'));
    await vi.waitUntil(() => client.received().length === 1);
  });

  it('closes with its code after what was sent, and is told so once; later calls do nothing', async () => {
    const { client, socket } = await connected();
    socket.together(() => {
      socket.send('goodbye');
      socket.close(4321, 'enough');
    });
    expect(told).toEqual(['0 closed']);
    await vi.waitUntil(() => client.closeCode() !== undefined);
    expect([client.received(), client.closeCode()]).toEqual([['goodbye'], 4321]);
    socket.close(4322, 'again');
    socket.together(() => void socket.send('late'));
    socket.atTurnEnd(() => void socket.send('later'));
    expect([socket.send('late'), socket.bufferedBytes()]).toEqual(['dropped', 0]);
    await contract.server.close();
    expect(told).toEqual(['0 closed']);
  });

  it('tells of clients that vanish, and cuts off those that send too much', async () => {
    const [gone, loud] = [await connected(), await connected()];
    gone.client.vanish();
    loud.client.send('x'.repeat(FRAME_BYTES_MAX + 1));
    await vi.waitUntil(() => told.length === 2);
    expect([...told].sort()).toEqual(['0 closed', '1 closed']);
    expect(gone.socket.send('late')).toBe('dropped');
  });
}
