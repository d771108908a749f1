/** A real HTTP server that answers from a script of the test and keeps what it was asked. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** `hang` never answers; `cut` ends the connection without an answer. */
export type ScriptedAnswer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | 'hang'
  | 'cut';

export interface AnsweringServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** `answer` gets each request and how many came before it. */
export async function answeringServer(
  answer: (request: Asked, before: number) => ScriptedAnswer,
): Promise<AnsweringServer> {
  const asked: Asked[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = req;
    const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
    const scripted = answer(request, asked.push(request) - 1);
    if (scripted === 'hang') return;
    if (scripted === 'cut') {
      req.socket.destroy();
      return;
    }
    const text = typeof scripted.body === 'string' ? scripted.body : JSON.stringify(scripted.body);
    res.writeHead(scripted.status, { 'content-type': 'application/json', ...scripted.headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
