import { MemoryServer } from '../../../src/actors/broadcaster/memory-server.ts';
import { clientServerContract } from '../../contract/client-server.contract.ts';

clientServerContract(() => {
  const server = new MemoryServer();
  return {
    server,
    connect: async (_port, subprotocol) => {
      const socket = server.connect(subprotocol === undefined ? {} : { subprotocol });
      return {
        received: () => socket.received.map((frame) => Buffer.from(frame).toString()),
        send: (text) => socket.sendToServer(text),
        vanish: () => socket.end(),
        closeCode: () => socket.closeCode,
      };
    },
  };
});
