/** A node of a chain, as far as EIP-1271 needs one: what it answers to each method is the test's to say. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RpcRequest {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A string is sent as it is; `silent`: no answer ever; `cut`: the connection is. */
export type RpcAnswer = Readonly<Record<string, unknown>> | string | 'silent' | 'cut';

export interface JsonRpcServer {
  readonly url: string;
  readonly requests: RpcRequest[];
  answer(request: RpcRequest): RpcAnswer;
  close(): Promise<void>;
}

export async function startJsonRpcServer(): Promise<JsonRpcServer> {
  const node: { answer: JsonRpcServer['answer']; requests: RpcRequest[] } = {
    answer: () => 'silent',
    requests: [],
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as RpcRequest & { id: number };
      node.requests.push({ method: asked.method, params: asked.params });
      send(response, node.answer(asked), asked.id);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(node, { url: `http://127.0.0.1:${port}`, close: () => close(server) });
}

function send(response: ServerResponse, answer: RpcAnswer, id: number): void {
  if (answer === 'silent') return;
  if (answer === 'cut') response.destroy();
  else if (typeof answer === 'string') response.end(answer);
  else response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
