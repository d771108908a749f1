/**
 * /docs: the documents for people, rendered from the same objects that /openapi.json and /asyncapi.json
 * are. One page, no script, nothing loaded from anywhere.
 */
import { ERRORS } from '../../../protocol/errors.ts';
import type { AsyncApi } from './asyncapi.ts';
import { DOCS_STYLE } from './docs-style.ts';
import { CELL_DISABLED_REASONS, ERROR_DETAILS, SIGN_IN_REASONS } from './error-details.ts';
import { gettingStarted } from './getting-started.ts';
import {
  errorLinks,
  escaped,
  jsonBlock,
  link,
  paragraph,
  prose,
  schemaAnchor,
  schemaTable,
  table,
  typeText,
} from './html.ts';
import { type JsonSchema, resolved } from './json-schemas.ts';
import type { OpenApi, Operation, Parameter, ResponseObject } from './openapi.ts';
import { socketSection } from './socket-section.ts';

export function docsPage(openApi: OpenApi, asyncApi: AsyncApi): string {
  const url = openApi.servers[0]?.url ?? '';
  const schemas = { ...openApi.components.schemas, ...asyncApi.components.schemas };
  const body = [
    `<nav>${navigation(openApi)}</nav>`,
    '<main>',
    '<h1>Touchline API</h1>',
    '<p>For programs: <a href="/openapi.json">OpenAPI 3.1</a>,',
    '<a href="/asyncapi.json">AsyncAPI 3.0</a>.</p>',
    gettingStarted(url),
    httpSection(openApi),
    socketSection(asyncApi),
    errorSection(),
    schemaSection(schemas),
    '</main>',
  ].join('\n');
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Touchline API</title>',
    `<style>${DOCS_STYLE}</style></head>`,
    `<body>${body}</body></html>`,
    '',
  ].join('\n');
}

type Schemas = Readonly<Record<string, JsonSchema>>;

interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const endpointsOf = ({ paths }: OpenApi): Endpoint[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );

function navigation(openApi: OpenApi): string {
  const groups = openApi.tags.map(({ name }) => {
    const items = endpointsOf(openApi)
      .filter(({ operation }) => operation.tags.includes(name))
      .map(({ method, path, operation }) => `<li>${link(operation.operationId, `${method} ${path}`)}</li>`);
    return `<strong>${escaped(name)}</strong><ul>${items.join('')}</ul>`;
  });
  const others = [
    ['start', 'Getting started'],
    ['http', 'HTTP'],
    ['socket', 'WebSocket'],
    ['errors', 'Errors'],
    ['schemas', 'Schemas'],
  ].map(([anchor = '', text = '']) => `<li>${link(anchor, text)}</li>`);
  return `<ul>${others.join('')}</ul>${groups.join('')}`;
}

function httpSection(openApi: OpenApi): string {
  const groups = openApi.tags.map(({ name, description }) => {
    const endpoints = endpointsOf(openApi).filter(({ operation }) => operation.tags.includes(name));
    return [
      `<h3 id="tag-${name}">${escaped(name)}</h3>`,
      paragraph(description),
      ...endpoints.map((endpoint) => endpointSection(endpoint, openApi.components.schemas)),
    ].join('\n');
  });
  return ['<h2 id="http">HTTP</h2>', ...groups].join('\n');
}

function endpointSection({ method, path, operation }: Endpoint, schemas: Schemas): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const isOptional = operation.security.some((way) => Object.keys(way).length === 0);
  const isClosed = operation.security.length > 0 && !isOptional;
  const auth = isClosed ? 'needs a session' : isOptional ? 'knows a session' : 'public';
  const body = Object.values(requestBody?.content ?? {})[0];
  return [
    `<h4 id="${operation.operationId}"><span class="method">${method}</span> <code>${escaped(path)}</code> ` +
      `<span class="tag">${auth}</span></h4>`,
    paragraph(`${summary}.`),
    paragraph(description),
    parametersTable(parameters),
    body ? `<p>Body</p>${schemaTable(resolved(body.schema, schemas))}${jsonBlock(body.example)}` : '',
    ...Object.entries(responses)
      .filter(([status]) => Number(status) < 300)
      .map(([status, response]) => answerSection(status, response)),
    errorLinks(operation['x-error-codes']),
  ].join('\n');
}

const parametersTable = (parameters: readonly Parameter[]): string =>
  table(
    ['parameter', 'in', 'type', ''],
    parameters.map(({ name, in: place, required, description, schema }) => [
      `<code>${escaped(name)}</code>${required ? '' : '<sup>?</sup>'}`,
      place,
      typeText(schema),
      prose([description ?? '', rangeText(schema)].filter((part) => part !== '').join(' ')),
    ]),
  );

function rangeText({ minimum, maximum, default: fallback }: JsonSchema): string {
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}.` : '';
  return [range, fallback === undefined ? '' : `Default: ${fallback}.`]
    .filter((part) => part !== '')
    .join(' ');
}

function answerSection(status: string, { description, content = {} }: ResponseObject): string {
  const [media] = Object.entries(content);
  if (!media) return paragraph(`${status}: ${description}`);
  const [type, { schema, example }] = media;
  if (example === undefined) return paragraph(`${status}: \`${type}\``);
  return [
    `<p>Answer <strong>${status}</strong>: ${typeText(schema)}</p>`,
    `<details><summary>Example</summary>${jsonBlock(example)}</details>`,
  ].join('\n');
}

function errorSection(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, retryable, message }]) => [
    `<code id="error-${code}">${code}</code>`,
    String(status),
    retryable ? 'yes' : 'no',
    prose(message),
  ]);
  const example = {
    error: { code: 'COLUMN_LOCKED', message: ERRORS.COLUMN_LOCKED.message, retryable: false },
  };
  return [
    '<h2 id="errors">Errors</h2>',
    paragraph(
      'A code keeps its meaning for ever. Over HTTP it comes with its status, on the socket in an ' +
        '`ack: "error"` frame. `retryable`: the same request, under the same key, may succeed later.',
    ),
    jsonBlock(example),
    table(['code', 'HTTP', 'retryable', ''], rows),
    '<h3 id="error-details">Details of errors</h3>',
    textsTable(['code', 'details'], ERROR_DETAILS),
    '<h3 id="sign-in-reasons">Why a sign-in is refused</h3>',
    textsTable(['details.reason of SIGN_IN_REFUSED', ''], SIGN_IN_REASONS),
    '<h3 id="cell-reasons">Why a cell takes no bets</h3>',
    textsTable(['details.reason of CELL_DISABLED', ''], CELL_DISABLED_REASONS),
  ].join('\n');
}

const textsTable = (head: readonly string[], texts: Readonly<Record<string, string>>): string =>
  table(
    head,
    Object.entries(texts).map(([name, text]) => [`<code>${escaped(name)}</code>`, prose(text)]),
  );

const schemaSection = (schemas: Schemas): string =>
  [
    '<h2 id="schemas">Schemas</h2>',
    '<p><sup>?</sup> may be absent.</p>',
    ...Object.entries(schemas).map(([name, schema]) =>
      [
        `<h4 id="${schemaAnchor(name)}">${escaped(name)}</h4>`,
        paragraph(schema.description),
        schemaTable(schema),
      ].join('\n'),
    ),
  ].join('\n');
