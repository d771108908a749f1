/**
 * What operators and probes ask, on a port of its own, loopback only: `/healthz` (the process lives),
 * `/readyz` (every child runs), `/metrics` (Prometheus text), `/actors` (the live tree as JSON).
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Metrics } from '../metrics.ts';
import { renderMetrics } from '../metrics.ts';
import type { MainThread, MainThreadHealth } from '../supervision/main-thread.ts';
import type { MemberReport } from '../supervision/member.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

export interface AdminServerOptions {
  readonly port: number;
  readonly supervisor: Supervisor;
  /** The main thread's own metrics. */
  readonly metrics: Metrics;
  readonly mainThread: Pick<MainThread, 'health'>;
  /** More of what is answered here; undefined for what it does not know. */
  readonly more?: (request: AdminRequest) => Promise<AdminAnswer | undefined>;
}

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  /** The header. */
  readonly authorization: string | undefined;
  /** Text of at most BODY_BYTES_MAX; empty if it was larger. */
  readonly body: string;
}

export interface AdminAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
}

const BODY_BYTES_MAX = 8 * 1024;

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Rejects if the port is taken: that is how a second core on the same machine finds out. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    answer(options, request).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  const port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What `/actors` answers: the live tree of one process. */
export interface ActorsReport {
  readonly pid: number;
  readonly ready: boolean;
  readonly residentBytes: number;
  readonly mainThread: MainThreadHealth;
  readonly actors: readonly MemberReport[];
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(options: AdminServerOptions, request: IncomingMessage): Promise<Answer> {
  const { supervisor, metrics, mainThread } = options;
  const path = new URL(request.url ?? '/', 'http://admin').pathname;
  switch (path) {
    case '/healthz':
      return json(200, { ok: true });
    case '/readyz':
      return json(supervisor.ready ? 200 : 503, { ready: supervisor.ready });
    case '/actors':
      return json(200, actorsReport(supervisor, mainThread.health));
    case '/metrics': {
      metrics.gauge('process_resident_bytes', process.memoryUsage.rss());
      const snapshots = [await metrics.snapshot(), ...(await supervisor.metrics())];
      return { status: 200, type: 'text/plain; version=0.0.4', body: await renderMetrics(snapshots) };
    }
    default: {
      const { method = 'GET', headers } = request;
      const body = await readText(request);
      const more = await options.more?.({ method, path, authorization: headers.authorization, body });
      return more ? json(more.status, more.body) : json(404, { error: 'not found' });
    }
  }
}

const actorsReport = (supervisor: Supervisor, mainThread: MainThreadHealth): ActorsReport => ({
  pid: process.pid,
  ready: supervisor.ready,
  residentBytes: process.memoryUsage.rss(),
  mainThread,
  actors: supervisor.report(),
});

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= BODY_BYTES_MAX) chunks.push(chunk as Buffer);
  }
  return size <= BODY_BYTES_MAX ? Buffer.concat(chunks).toString('utf8') : '';
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
