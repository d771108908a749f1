/**
 * Holds every answer of the API to its contract, and remembers which (route, error) pairs were answered. An
 * answer of a route is checked twice: by the zod schema of the table, strictly, and by the JSON Schema that
 * the OpenAPI document shows clients.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { type OpenApi, openApiOf } from '../../../src/actors/broadcaster/documents/openapi.ts';
import { errorsOf, type Route } from '../../../src/actors/broadcaster/routes/route.ts';
import { findPlace, ROUTES } from '../../../src/actors/broadcaster/routes/route-table.ts';
import { errorAnswerSchema } from '../../../src/protocol/api/error-answer.ts';
import { ERRORS, type ErrorCode } from '../../../src/protocol/errors.ts';

export interface Observed {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed, or text where it is no JSON. */
  readonly body: unknown;
}

/** `GET /v1/price NO_PRICE`; `200` and the like stand for answers that are no errors. */
export const pairOf = (
  { method, path }: Pick<Route, 'method' | 'path'>,
  outcome: ErrorCode | number,
): string => `${method} ${path} ${outcome}`;

export class ApiObserver {
  readonly document: OpenApi = openApiOf(ROUTES, 'http://127.0.0.1:8080');
  readonly #seen = new Set<string>();
  readonly #ajv = new Ajv2020({ strict: false });

  constructor() {
    this.#ajv.addSchema({ $id: 'api', ...JSON.parse(JSON.stringify(this.document)) });
  }

  /** Everything observed so far. */
  get seen(): ReadonlySet<string> {
    return this.#seen;
  }

  /** What was documented and never answered. */
  missing(): string[] {
    return ROUTES.flatMap((route) => [
      ...(route.answer.type === 'never' ? [] : [pairOf(route, route.status ?? 200)]),
      ...errorsOf(route).map((code) => pairOf(route, code)),
    ]).filter((pair) => !this.#seen.has(pair));
  }

  observe(observed: Observed): void {
    const { status, body } = observed;
    const place = findPlace(observed);
    const route = place?.byMethod.get(observed.method === 'HEAD' ? 'GET' : observed.method);
    if (status < 400) this.#observeAnswer(observed, route);
    else this.#observeError(observed, route, errorAnswerSchema.parse(body).error.code);
  }

  #observeAnswer({ status, body, path, method }: Observed, route: Route | undefined): void {
    if (!route || status === 304 || status === 204) return;
    expect(status, `${method} ${path}`).toBe(route.status ?? 200);
    if (method !== 'HEAD') {
      const parsed = route.answer.safeParse(body);
      expect(parsed.error?.issues ?? [], `${method} ${path} answers ${JSON.stringify(body)}`).toEqual([]);
      this.#expectDocumented(route, status, body);
    }
    this.#seen.add(pairOf(route, status));
  }

  #observeError(
    { status, headers, method, path, body }: Observed,
    route: Route | undefined,
    code: ErrorCode,
  ): void {
    expect([method, path, code, status]).toEqual([method, path, code, ERRORS[code].status]);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    if (status === 429 || status === 503) expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    if (!route) {
      expect(['NOT_FOUND', 'METHOD_NOT_ALLOWED', ...COMMON]).toContain(code);
      if (code === 'METHOD_NOT_ALLOWED') expect(headers['allow']).toMatch(/[A-Z]/);
      return;
    }
    expect(errorsOf(route), `${method} ${path} may not answer ${code}`).toContain(code);
    if (method !== 'HEAD') this.#expectDocumented(route, status, body);
    this.#seen.add(pairOf(route, code));
  }

  #expectDocumented(route: Route, status: number, body: unknown): void {
    const response = this.document.paths[route.path]?.[route.method.toLowerCase()]?.responses[String(status)];
    expect(response, `${route.method} ${route.path} ${status} is documented`).toBeDefined();
    const [type] = Object.keys(response?.content ?? {});
    if (type !== 'application/json') return;
    const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
    const steps = [
      'paths',
      route.path,
      route.method.toLowerCase(),
      'responses',
      String(status),
      'content',
      type,
    ];
    // A URI fragment: what is special there is percent-encoded.
    const pointer = steps.map((step) => encodeURIComponent(escaped(step))).join('/');
    const isValid = this.#ajv.validate(`api#/${pointer}/schema`, body);
    expect(this.#ajv.errors ?? [], `${route.method} ${route.path} ${status}`).toEqual([]);
    expect(isValid).toBe(true);
  }
}

/** What any address may meet, also one where nothing is. */
const COMMON: readonly ErrorCode[] = ['PAYLOAD_TOO_LARGE', 'MAILBOX_FULL', 'INTERNAL', 'RATE_LIMITED'];
