/**
 * One route of the HTTP API as a value. The same value answers requests, is documented (/openapi.json, /docs)
 * and is tested (test/integration/system/conformance): what is not said here does not exist.
 *
 * To add a route: write `route({ … })` in the file of its topic, put it into ROUTES (route-table.ts), and let
 * the conformance tests tell which of its errors no test produces yet. The schemas are those of
 * src/protocol/api; `errors` lists what its handler may refuse with; what follows from `auth`, `query`,
 * `headers`, `body`, `asks` and the path is added by `errorsOf`.
 */
import type { z } from 'zod';
import { type ErrorCode, type PublicError, publicError } from '../../../protocol/errors.ts';
import type { ActorContext } from '../../../runtime/index.ts';
import type { PlaceBets } from '../batch-desk.ts';
import type { PlaceBet } from '../bet-desk.ts';
import type { BroadcasterSettings } from '../broadcaster-settings.ts';
import type { CalibrationView } from '../calibration-view.ts';
import type { HttpRequest, HttpResponse } from '../client-server.ts';
import type { AddressLimits } from '../front-door/address-limits.ts';
import type { GridService } from '../grid-service.ts';
import type { MarketView } from '../market-view.ts';
import type { PageFiles } from '../page-files.ts';
import type { ProofDesk } from '../proof-desk.ts';
import type { QuoteDesk } from '../quote-desk.ts';
import type { SessionGate, SessionInfo } from '../sessions/session-gate.ts';
import type { ApiDocuments } from './api-documents.ts';

/** What handlers may use. */
export interface RoutePorts {
  readonly context: ActorContext;
  readonly settings: BroadcasterSettings;
  readonly gate: SessionGate;
  readonly limits: AddressLimits;
  readonly market: MarketView;
  readonly grids: GridService;
  readonly calibration: CalibrationView;
  readonly page: PageFiles;
  readonly placeBet: PlaceBet;
  readonly placeBets: PlaceBets;
  readonly quotes: QuoteDesk;
  readonly proofs: ProofDesk;
  readonly documents: ApiDocuments;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Tag = 'market' | 'history' | 'session' | 'account' | 'bets' | 'proofs' | 'documents';

/**
 * `optional`: a token that is sent must be good. `session-by-desk`: the desk that the handler hands token and
 * body to checks both, by the same schemas, because it can do so in one round trip.
 */
export type Auth = 'none' | 'optional' | 'session' | 'session-by-desk';

type SessionOf<S extends Auth> = S extends 'session'
  ? SessionInfo
  : S extends 'optional'
    ? SessionInfo | undefined
    : undefined;

/** A request that has been read: everything has the form its schema says. */
export interface RouteInput<Q = unknown, H = unknown, B = unknown, S extends Auth = Auth> {
  readonly request: HttpRequest;
  /** The part of the path that stands for `{id}`; empty if there is none. */
  readonly id: string;
  readonly query: Q;
  readonly headers: H;
  readonly body: S extends 'session-by-desk' ? unknown : B;
  /** Of a possible form, not more. */
  readonly token: string | undefined;
  readonly session: SessionOf<S>;
}

interface ReplyHeaders {
  readonly headers?: Readonly<Record<string, string>>;
}

/** An Outcome is a Reply. */
export type Reply<A> =
  | (ReplyHeaders & {
      readonly ok: true;
      readonly value: A;
      /** What was answered stays true: caches may keep it this long. For routes that revalidate. */
      readonly keepSeconds?: number;
    })
  | (ReplyHeaders & { readonly ok: false; readonly error: PublicError })
  /** Not JSON. */
  | { readonly ok: true; readonly response: HttpResponse };

export interface RouteSpec<Q, H, B, A, S extends Auth> {
  readonly method: Method;
  /** `{id}` stands for one part. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly auth: S;
  /** Parameters as text in, as values out. Others than these are MALFORMED; without a schema none is read. */
  readonly query?: z.ZodType<Q>;
  /** Names in lower case; they must be among REQUEST_HEADERS (client-server.ts). Others are ignored. */
  readonly headers?: z.ZodType<H>;
  readonly body?: z.ZodType<B>;
  /** Held to it in tests, not on the way out. */
  readonly answer: z.ZodType<A>;
  /** Default: 200. */
  readonly status?: 200 | 201;
  /** Default: JSON. */
  readonly contentType?: string;
  /** It asks other actors, so it may wait in vain. */
  readonly asks?: true;
  /** GET only: answers carry an ETag, and are not sent again to who has them. */
  readonly revalidates?: true;
  /** Its values are shared objects: each is written and compressed once, however many ask. */
  readonly shares?: true;
  readonly errors: readonly ErrorCode[];
  handle(input: RouteInput<Q, H, B, S>, ports: RoutePorts): Reply<A> | Promise<Reply<A>>;
}

export interface Route extends Omit<RouteSpec<unknown, unknown, unknown, unknown, Auth>, 'handle'> {
  handle(input: RouteInput, ports: RoutePorts): Reply<unknown> | Promise<Reply<unknown>>;
}

export type ByMethod = ReadonlyMap<string, Route>;

/** What is at an address. `id` is the part of the path that stands for `{id}`. */
export interface Place {
  readonly path: string;
  readonly byMethod: ByMethod;
  readonly id: string;
}

/** Nothing but the types happens here: the compiler holds handlers to their schemas. */
export const route = <Q = undefined, H = undefined, B = undefined, A = never, S extends Auth = 'none'>(
  spec: RouteSpec<Q, H, B, A, S>,
): Route => spec as unknown as Route;

/** Any request may meet these, whatever it asks for. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'PAYLOAD_TOO_LARGE',
  'RATE_LIMITED',
  'MAILBOX_FULL',
  'INTERNAL',
];

/** Every code the route may answer, each once. */
export function errorsOf(spec: Route): readonly ErrorCode[] {
  const hasKey = spec.headers !== undefined && 'idempotency-key' in shapeOf(spec.headers);
  const reads = spec.query ?? spec.headers ?? spec.body;
  const codes: readonly ErrorCode[] = [
    ...(reads ? (['MALFORMED'] as const) : []),
    ...(hasKey ? (['IDEMPOTENCY_KEY_REQUIRED'] as const) : []),
    ...(spec.path.includes('{id}') ? (['NOT_FOUND'] as const) : []),
    ...(spec.auth === 'none' ? [] : (['UNAUTHENTICATED', 'ACTOR_RESTARTING'] as const)),
    // Under a cookie: see front-door/cross-origin.ts.
    ...(spec.auth === 'none' || spec.method === 'GET' ? [] : (['ORIGIN_REFUSED'] as const)),
    ...(spec.asks ? (['ACTOR_RESTARTING', 'OUTCOME_UNKNOWN'] as const) : []),
    ...spec.errors,
    ...COMMON_ERRORS,
  ];
  return [...new Set(codes)];
}

/** The fields of an object's schema, or none. */
export const shapeOf = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> =>
  (schema as { shape?: Readonly<Record<string, z.ZodType>> }).shape ?? {};

export const refuseWith = (code: ErrorCode): Reply<never> => ({ ok: false, error: publicError(code) });
