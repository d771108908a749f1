/**
 * What happens to every request before its route (the steps are listed in ../http-routes.ts): a step may add
 * headers to whatever is answered, or answer itself, which ends the matter. For what concerns all routes
 * alike (rate limits, origins, preflights); what concerns one belongs to its handler.
 */
import type { HttpRequest, HttpResponse } from '../client-server.ts';
import type { Place, Route, RoutePorts } from './route.ts';

/** What a request was found to be for; nothing of it is there when nothing is at its address. */
export interface Target {
  readonly place: Place | undefined;
  /** Undefined also when the address does not answer the method, or only the page is there. */
  readonly route: Route | undefined;
}

export interface StepResult {
  /** Added to the answer, whoever gives it; `Vary` is joined to what is there. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly response?: HttpResponse;
}

/** Synchronous where it can be: most requests pay for every step. */
export type BeforeRoute = (
  request: HttpRequest,
  target: Target,
  ports: RoutePorts,
) => StepResult | undefined | Promise<StepResult | undefined>;

/** Runs the steps until one answers; with the headers of all that ran. Waits only for who makes it wait. */
export async function beforeRoute(
  request: HttpRequest,
  target: Target,
  ports: RoutePorts,
  steps: readonly BeforeRoute[],
): Promise<StepResult> {
  const headers: Record<string, string> = {};
  for (const step of steps) {
    const taken = step(request, target, ports);
    const result = taken instanceof Promise ? await taken : taken;
    if (result?.headers) Object.assign(headers, result.headers);
    if (result?.response) return { headers, response: result.response };
  }
  return { headers };
}
