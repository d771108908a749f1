/** The documents are valid by the published schemas of their formats, whole, and true to the table. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { GeneratedDocuments } from '../../../../src/actors/broadcaster/documents/documents.ts';
import { ROUTES } from '../../../../src/actors/broadcaster/routes/route-table.ts';
import { compactRest, PUSH_CODES, type PushBody } from '../../../../src/protocol/api/compact-frames.ts';
import { compactPlaces, compactSchema, PUSH_NAMES } from '../../../../src/protocol/api/compact-schemas.ts';
import {
  answerFrameSchema,
  CLOSE_CODES,
  clientFrameSchema,
  pushFrameSchema,
} from '../../../../src/protocol/api/frames.ts';
import { ERRORS } from '../../../../src/protocol/errors.ts';

const URL = 'http://127.0.0.1:8080';
const documents = new GeneratedDocuments(ROUTES, URL);
const asJson = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value));
const openApi = documents.openApi();
const asyncApi = documents.asyncApi();
const page = Buffer.from(documents.page().body).toString();

interface Specs {
  readonly schemasWithoutId: Readonly<Record<string, object>>;
}

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(asJson(openApi));
    expect([errors, valid, validator.version]).toEqual([undefined, true, '3.1']);
  });

  it('has every route once, each with its own name, and no other', () => {
    const documented = Object.entries(openApi.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
    const names = operations().map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has examples that fit their schemas', () => {
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema({ $id: 'api', ...asJson(openApi) });
    const media = operations().flatMap(({ operationId, requestBody, responses }) => [
      ...Object.values(requestBody?.content ?? {}).map((content) => ({ operationId, content })),
      ...Object.values(responses).flatMap((response) =>
        Object.values(response.content ?? {}).map((content) => ({ operationId, content })),
      ),
    ]);
    for (const { operationId, content } of media) {
      const schema = asJson(content.schema);
      const wrapped = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object;
      const examples = Object.values(content.examples ?? {}).map(({ value }) => value);
      for (const example of [...examples, ...(content.example === undefined ? [] : [content.example])]) {
        expect(ajv.validate(wrapped, asJson(example)), `${operationId}: ${JSON.stringify(ajv.errors)}`).toBe(
          true,
        );
      }
    }
    expect(media.length).toBeGreaterThan(ROUTES.length);
  });

  const operations = () => Object.values(openApi.paths).flatMap((byMethod) => Object.values(byMethod));
});

describe('the AsyncAPI document', () => {
  it('is AsyncAPI 3.0', () => {
    const specs = createRequire(import.meta.url)('@asyncapi/specs') as Specs;
    const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
    const validate = ajv.compile(specs.schemasWithoutId['3.0.0'] ?? {});
    expect([validate(asJson(asyncApi)), validate.errors]).toEqual([true, null]);
  });

  it('has every frame there is, with what it is for', () => {
    const count = [clientFrameSchema, answerFrameSchema, pushFrameSchema]
      .flatMap(({ options }): readonly unknown[] => options)
      .filter(Boolean).length;
    const messages = Object.values(asyncApi.components.messages);
    expect(messages.length).toBe(count + PUSH_NAMES.length);
    expect(messages.filter(({ summary }) => summary === '').map(({ name }) => name)).toEqual([]);
    expect(asyncApi['x-close-codes'].map(({ code }) => code)).toEqual(Object.values(CLOSE_CODES));
  });

  it('says what stands at which place of a compact push', () => {
    const grid = { columns: [1], rows: [2], multipliers: [['2.35', null]] };
    for (const push of PUSH_NAMES) {
      const example = asyncApi.components.messages[`push.${push}`]?.examples[0]?.payload;
      const body = structuredClone(example) as PushBody & { grid?: object };
      if (body.grid) Object.assign(body.grid, grid);
      const sent = [PUSH_CODES[push], 1, ...compactRest(body)];
      expect(compactSchema(push).safeParse(sent).error?.issues ?? [], push).toEqual([]);
      const inside = Object.values(body).find((value) => typeof value === 'object') ?? {};
      const named = { ...(push === 'bet' ? {} : inside), ...body } as Record<string, unknown>;
      for (const [place, name] of compactPlaces(push).entries()) {
        const isSpelt = ['code', 'n', 'quality', 'compositionJump', 'multipliers', 'event', 'pos'];
        if (!isSpelt.includes(name)) expect([push, name, sent[place]]).toEqual([push, name, named[name]]);
      }
    }
  });

  it('names the answers to each frame that is sent', () => {
    for (const [name, { reply }] of Object.entries(asyncApi.operations)) {
      if (!name.startsWith('client-')) continue;
      const op = name.slice('client-'.length);
      const keys = reply?.messages.map(({ $ref }) => $ref.split('/').at(-1));
      expect(keys).toEqual([`ack.${op}`, 'ack.error']);
    }
  });
});

describe('/docs', () => {
  it('runs nothing and loads nothing', () => {
    const policy = documents.page().headers['Content-Security-Policy'] ?? '';
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(page).not.toMatch(/<script|<img|<link|<iframe|style="|\son[a-z]+=|url\(|@import/i);
    const addresses = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address ?? '');
    expect(addresses.filter((address) => !/^(#|\/(openapi|asyncapi)\.json$)/.test(address))).toEqual([]);
  });

  it('has something at the end of each of its links, and each place once', () => {
    const anchors = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, anchor]) => anchor);
    expect(new Set(anchors).size).toBe(anchors.length);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, anchor]) => anchor);
    expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
  });

  it('tells of every route, every frame, every error and every schema', () => {
    for (const byMethod of Object.values(openApi.paths))
      for (const { operationId } of Object.values(byMethod)) expect(page).toContain(`id="${operationId}"`);
    for (const key of Object.keys(asyncApi.components.messages)) expect(page).toContain(`id="${key}"`);
    for (const code of Object.keys(ERRORS)) expect(page).toContain(`id="error-${code}"`);
    for (const name of Object.keys(openApi.components.schemas)) expect(page).toContain(`id="schema-${name}"`);
    expect(page).not.toContain('undefined');
  });
});
