/**
 * AsyncAPI 3.0 of the WebSocket, from the schemas in protocol/api/frames.ts. `receive` and `send` are the
 * server's view, as AsyncAPI has it: it receives what clients send.
 */
import { z } from 'zod';
import { compactSchema, PUSH_NAMES } from '../../../protocol/api/compact-schemas.ts';
import { FRAME_ERRORS } from '../../../protocol/api/documented-errors.ts';
import {
  answerFrameSchema,
  CLOSE_CODES,
  type ClientFrame,
  clientFrameSchema,
  type PushFrame,
  pushFrameSchema,
} from '../../../protocol/api/frames.ts';
import { placeBetRequestSchema } from '../../../protocol/api/place-bet-request.ts';
import { placeBetsRequestSchema } from '../../../protocol/api/place-bets-request.ts';
import { quotesRequestSchema } from '../../../protocol/api/quote-answers.ts';
import type { ErrorCode } from '../../../protocol/errors.ts';
import { shapeOf } from '../routes/route.ts';
import { Components, type JsonSchema } from './json-schemas.ts';
import { API_VERSION } from './openapi.ts';
import { sampleOf } from './sample.ts';
import { CLOSE_CODE_MEANINGS, FRAME_SUMMARIES, SOCKET_RULES } from './socket-rules.ts';

interface Reference {
  readonly $ref: string;
}

export interface Message {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** Default: JSON, or maps of msgpack. */
  readonly contentType?: string;
  readonly payload: JsonSchema;
  readonly examples: readonly { readonly payload: unknown }[];
  /** Of what a client sends: every code it may be refused with. */
  readonly 'x-error-codes'?: readonly ErrorCode[];
}

interface SocketOperation {
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly channel: Reference; readonly messages: readonly Reference[] };
}

export interface AsyncApi {
  readonly asyncapi: '3.0.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly defaultContentType: string;
  readonly servers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly channels: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly operations: Readonly<Record<string, SocketOperation>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
  readonly 'x-rules': Readonly<Record<string, string>>;
  readonly 'x-close-codes': readonly CloseCode[];
}

export interface CloseCode {
  readonly code: number;
  readonly name: string;
  readonly meaning: string;
}

/** What frames are told apart by, and what the messages of each kind are called. */
export type FrameKind = 'op' | 'ack' | 'push' | 'compact';

interface Frame {
  readonly kind: FrameKind;
  /** Of the message: `op.subscribe`. */
  readonly key: string;
  readonly name: string;
  readonly schema: z.ZodType;
}

const CHANNEL = { $ref: '#/channels/socket' };

/** `url`: where the API is reached over HTTP. */
export function asyncApiOf(url: string): AsyncApi {
  const components = new Components();
  const frames = allFrames();
  const messages = Object.fromEntries(frames.map((frame) => [frame.key, messageOf(frame, components)]));
  const { host, protocol } = new URL(url);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Touchline',
      version: API_VERSION,
      description: SOCKET_RULES.Frames,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: { touchline: { host, protocol: protocol === 'https:' ? 'wss' : 'ws' } },
    channels: {
      socket: {
        address: '/v1/ws',
        title: 'The one WebSocket',
        messages: Object.fromEntries(
          frames.map(({ key }) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
      },
    },
    operations: operationsOf(frames),
    components: { messages, schemas: components.schemas },
    'x-rules': SOCKET_RULES,
    'x-close-codes': Object.entries(CLOSE_CODES).map(([name, code]) => ({
      code,
      name,
      meaning: CLOSE_CODE_MEANINGS[name as keyof typeof CLOSE_CODES],
    })),
  };
}

/** What a frame carries unread until the desk of its kind reads it, by the schemas that desk reads it by. */
const READ_BY_DESKS: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  place: { bet: placeBetRequestSchema },
  'place-batch': placeBetsRequestSchema.shape,
  quote: quotesRequestSchema.shape,
};

function allFrames(): readonly Frame[] {
  const asked = framesOf('op', clientFrameSchema.options).map((frame) => {
    const read = READ_BY_DESKS[frame.name];
    return read ? { ...frame, schema: z.strictObject({ ...shapeOf(frame.schema), ...read }) } : frame;
  });
  return [
    ...asked,
    ...framesOf('ack', answerFrameSchema.options),
    ...framesOf('push', pushFrameSchema.options),
    ...PUSH_NAMES.map((name) => compactFrame(name)),
  ];
}

const compactFrame = (name: PushFrame['push']): Frame => ({
  kind: 'compact',
  key: `compact.${name}`,
  name,
  schema: compactSchema(name),
});

/** One frame for each value of the field that tells them apart. */
function framesOf(kind: FrameKind, schemas: readonly z.ZodType[]): Frame[] {
  return schemas.flatMap((schema) => {
    const field = shapeOf(schema)[kind] as { values?: ReadonlySet<unknown> } | undefined;
    return [...(field?.values ?? [])].map((value) => {
      const name = String(value);
      return { kind, key: `${kind}.${name}`, name, schema };
    });
  });
}

function messageOf({ kind, key, name, schema }: Frame, components: Components): Message {
  const payload = components.use(schema, kind === 'op' ? 'input' : 'output');
  return {
    name: key,
    title: `${kind}: ${name}`,
    summary: FRAME_SUMMARIES[kind === 'compact' ? `push.${name}` : key] ?? '',
    ...(kind === 'compact' && { contentType: 'application/msgpack' }),
    payload,
    examples: [{ payload: sampleOf(payload, components.schemas) }],
    ...(kind === 'op' && { 'x-error-codes': FRAME_ERRORS[name as ClientFrame['op']] }),
  };
}

function operationsOf(frames: readonly Frame[]): Readonly<Record<string, SocketOperation>> {
  const inChannel = ({ key }: Frame): Reference => ({ $ref: `#/channels/socket/messages/${key}` });
  const acks = frames.filter(({ kind }) => kind === 'ack');
  const asked = frames
    .filter(({ kind }) => kind === 'op')
    .map((frame): [string, SocketOperation] => {
      const replies = acks.filter(({ name }) => name === frame.name || name === 'error').map(inChannel);
      return [
        `client-${frame.name}`,
        {
          action: 'receive',
          channel: CHANNEL,
          summary: FRAME_SUMMARIES[frame.key] ?? '',
          messages: [inChannel(frame)],
          reply: { channel: CHANNEL, messages: replies },
        },
      ];
    });
  const pushed = frames
    .filter(({ kind }) => kind === 'push')
    .map((frame): [string, SocketOperation] => [
      `push-${frame.name}`,
      {
        action: 'send',
        channel: CHANNEL,
        summary: FRAME_SUMMARIES[frame.key] ?? '',
        messages: frames
          .filter(({ kind, name }) => kind !== 'op' && kind !== 'ack' && name === frame.name)
          .map(inChannel),
      },
    ]);
  return Object.fromEntries([...asked, ...pushed]);
}
