/** The way from clients to broadcasters: connections are refused, answers are lost, clients give up. */

import type { HttpResponse } from '../../src/actors/broadcaster/client-server.ts';
import type { MemoryRequest, MemorySocket } from '../../src/actors/broadcaster/memory-server.ts';
import { UpgradeRefused } from '../../src/actors/broadcaster/memory-server.ts';
import type { PublicError } from '../../src/protocol/errors.ts';
import type { Edge, World } from './world.ts';

/** What a client knows of a request: its answer, or that there is none (it may have had its effect). */
export type Answer =
  | { readonly status: number; readonly body: unknown; readonly error?: PublicError }
  | 'lost';

/** How long a client waits for an answer that does not come. */
export const PATIENCE_MS = 8_000;

export class Network {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** To any broadcaster that answers. */
  request(request: MemoryRequest): Promise<Answer> {
    const { faults, clock } = this.#world;
    const edge = this.#pickEdge();
    if (!edge?.server.isListening) return Promise.resolve(this.lost());
    return new Promise((resolve) => {
      const patienceMs = faults.strikes('client-aborts', request.path)
        ? faults.dice.int(0, 200)
        : PATIENCE_MS;
      const settle = (answer: Answer): void => {
        timer.cancel();
        forget();
        resolve(answer);
      };
      const timer = clock.after(patienceMs, () => settle(this.lost()));
      const forget = edge.life.onEnd(() => settle(this.lost()));
      edge.server.request(request).then(
        (response) => edge.life.isAlive && settle(this.#arrive(request, response)),
        (error: unknown) => this.#world.judge.violation(`${request.path} threw ${String(error)}`),
      );
    });
  }

  /** An open socket, or undefined if there is none to be had. */
  connect(options: Parameters<Edge['server']['connect']>[0] = {}): MemorySocket | undefined {
    const edge = this.#pickEdge();
    if (!edge?.server.isListening) return undefined;
    try {
      return edge.server.connect(options);
    } catch (error) {
      if (!(error instanceof UpgradeRefused)) throw error;
      this.#arrive({ path: '/v1/ws' }, error.response);
      return undefined;
    }
  }

  #pickEdge(): Edge | undefined {
    const { edges, faults } = this.#world;
    const living = [...edges.values()].filter(({ life }) => life.isAlive);
    return living.length === 0 ? undefined : faults.dice.pick(living);
  }

  #arrive({ path }: MemoryRequest, { status, body }: HttpResponse): Answer {
    const { faults, trace } = this.#world;
    if (faults.strikes('answer-lost', path)) return this.lost();
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    const error = status >= 400 ? (value as { error: PublicError }).error : undefined;
    if (!error) {
      trace.line(`answer ${path} ${status}`);
      return { status, body: value };
    }
    this.noteRefusal(path, error);
    return { status, body: value, error };
  }

  noteRefusal(where: string, { code, details }: PublicError): void {
    const { judge, trace, reached } = this.#world;
    trace.line(`answer ${where} ${code}`);
    reached(`answer ${code}`);
    reached(`because ${details?.['reason'] ?? details?.['cap']}`);
    judge.expect(code !== 'INTERNAL', `${where} broke: INTERNAL`);
  }

  /** No answer: the client knows nothing of what became of its request. */
  lost(): Answer {
    this.#world.reached('connection lost');
    return 'lost';
  }
}
