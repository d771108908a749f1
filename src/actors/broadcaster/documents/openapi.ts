/**
 * OpenAPI 3.1 of the HTTP API, from the table of routes: the schemas are those that validate, the errors
 * those that the conformance tests produce.
 */
import type { z } from 'zod';
import { errorAnswerSchema } from '../../../protocol/api/error-answer.ts';
import { ERRORS, type ErrorCode, publicError } from '../../../protocol/errors.ts';
import { headerName } from '../routes/answer-route.ts';
import { errorsOf, type Route, shapeOf, type Tag } from '../routes/route.ts';
import { Components, type JsonSchema } from './json-schemas.ts';
import { sampleOf } from './sample.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

interface Media {
  readonly schema: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

type Content = Readonly<Record<string, Media>>;

export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly Tag[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseObject>>;
  /** Every code it may answer. */
  readonly 'x-error-codes': readonly ErrorCode[];
}

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: Tag; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

/** The version of the contract; the major one is in the paths. */
export const API_VERSION = '1.0.0';

export const TAGS: Readonly<Record<Tag, string>> = {
  market: 'The market now, for anybody.',
  history: 'What was recorded. It never changes.',
  session: 'Signing in with an Ethereum wallet.',
  account: 'The account of the wallet that is signed in.',
  bets: 'Placing bets and looking at them.',
  proofs: 'What lets anybody check a settlement alone.',
  documents: 'This description of the API.',
};

const INFO = {
  title: 'Touchline',
  version: API_VERSION,
  summary: 'Real-time touch betting on BTC/USD with play credits.',
  description:
    'Money is a decimal string of micro-credits, multipliers are decimal strings, prices are integer US ' +
    'cents, times are integer milliseconds since the Unix epoch. Every error has one shape and a code that ' +
    'keeps its meaning. An unknown address answers NOT_FOUND (404), a wrong method METHOD_NOT_ALLOWED ' +
    '(405) with `Allow`. `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) say what ' +
    'is left to your address. Answers may gain fields: ignore those you do not know. Getting started: /docs.',
  license: { name: 'MIT', identifier: 'MIT' },
};

const JSON_TYPE = 'application/json';
const SECURITY: Readonly<Record<Route['auth'], Operation['security']>> = {
  none: [],
  optional: [{}, { session: [] }, { cookie: [] }],
  session: [{ session: [] }, { cookie: [] }],
  'session-by-desk': [{ session: [] }, { cookie: [] }],
};

/** `url`: where the API is reached. */
export function openApiOf(routes: readonly Route[], url: string): OpenApi {
  const components = new Components();
  const errorAnswer = components.use(errorAnswerSchema, 'output');
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route, components, errorAnswer);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name: name as Tag, description })),
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        session: { type: 'http', scheme: 'bearer', description: '`token` of POST /v1/auth/verify.' },
        cookie: {
          ...{
            type: 'apiKey',
            in: 'cookie',
            name: url.startsWith('https:') ? '__Host-touchline' : 'touchline',
          },
          description:
            'For pages of an allowed origin that signed in with `X-Touchline-Session: cookie`. What ' +
            'changes something also needs their Origin and `X-Touchline-Request: 1`.',
        },
      },
    },
  };
}

function operationOf(route: Route, components: Components, errorAnswer: JsonSchema): Operation {
  const parameters = parametersOf(route, components);
  return {
    operationId: operationIdOf(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: SECURITY[route.auth],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: bodyOf(route.body, components) } }),
    responses: { ...answersOf(route, components), ...errorResponses(route, errorAnswer) },
    'x-error-codes': errorsOf(route),
  };
}

function bodyOf(body: z.ZodType, components: Components): Content {
  const schema = components.use(body, 'input');
  return { [JSON_TYPE]: { schema, example: sampleOf(schema, components.schemas) } };
}

/** `GET /v1/bets/{id}/proof` → `getBetsIdProof`. */
export const operationIdOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string =>
  method.toLowerCase() +
  path
    .replace(/^\/v1/, '')
    .replace(/[^A-Za-z]+([A-Za-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/[^A-Za-z]/g, '');

function parametersOf(route: Route, components: Components): Parameter[] {
  const ids = route.path.includes('{id}')
    ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } } as const]
    : [];
  return [
    ...ids,
    ...fieldsOf('query', route.query, components),
    ...fieldsOf('header', route.headers, components),
  ];
}

function fieldsOf(place: 'query' | 'header', of: z.ZodType | undefined, components: Components): Parameter[] {
  return Object.entries(of ? shapeOf(of) : {}).map(([name, field]) => {
    const { description, ...schema } = components.use(field, 'output');
    return {
      name: place === 'header' ? headerName(name) : name,
      in: place,
      required: !field.safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

function answersOf(route: Route, components: Components): Readonly<Record<string, ResponseObject>> {
  const { status = 200, contentType = JSON_TYPE } = route;
  if (route.answer.type === 'never') return { '101': { description: 'The connection is a WebSocket now.' } };
  const schema = components.use(route.answer, 'output');
  const example = contentType === JSON_TYPE ? sampleOf(schema, components.schemas) : undefined;
  const answer: ResponseObject = {
    description: status === 201 ? 'Done, and here it is.' : 'Here it is.',
    ...headersOf(route),
    content: { [contentType]: { schema, ...(example === undefined ? {} : { example }) } },
  };
  const known = { '304': { description: 'You have it: the ETag is the one of If-None-Match.' } };
  return { [String(status)]: answer, ...(route.revalidates && known) };
}

const text = { schema: { type: 'string' } };

const headersOf = ({ revalidates, status }: Route): Pick<ResponseObject, 'headers'> =>
  revalidates || status === 201
    ? { headers: { ...(revalidates && { ETag: text }), ...(status === 201 && { Location: text }) } }
    : {};

/** One response for each status, with the codes that have it. */
function errorResponses(route: Route, errorAnswer: JsonSchema): Readonly<Record<string, ResponseObject>> {
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERRORS[code].status);
  const responses = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    responses.map(([status, codes]) => [String(status), errorResponse(status, codes, errorAnswer)]),
  );
}

function errorResponse(status: number, codes: readonly ErrorCode[], errorAnswer: JsonSchema): ResponseObject {
  const schema: JsonSchema = {
    allOf: [errorAnswer, { properties: { error: { properties: { code: { enum: codes } } } } }],
  };
  const examples = codes.map((code) => [code, { value: { error: publicError(code) } }]);
  const retry = { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } };
  return {
    description: codes.map((code) => `${code}: ${ERRORS[code].message}`).join(' '),
    ...((status === 429 || status === 503) && { headers: retry }),
    content: { [JSON_TYPE]: { schema, examples: Object.fromEntries(examples) } },
  };
}
