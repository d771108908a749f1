/** The part of /docs on the WebSocket, from the AsyncAPI document. */
import type { AsyncApi, FrameKind, Message } from './asyncapi.ts';
import { errorLinks, escaped, jsonBlock, paragraph, prose, schemaTable, table } from './html.ts';

const HEADS: Readonly<Record<FrameKind, string>> = {
  op: 'What a client sends',
  ack: 'What is answered',
  push: 'What comes by itself',
  compact: 'The same, compact',
};

export function socketSection(asyncApi: AsyncApi): string {
  const messages = Object.entries(asyncApi.components.messages);
  const group = (kind: FrameKind): string =>
    messages
      .filter(([key]) => key.startsWith(`${kind}.`))
      .map(([key, message]) => messageSection(key, message))
      .join('\n');
  return [
    '<h2 id="socket">WebSocket</h2>',
    table(
      ['', ''],
      Object.entries(asyncApi['x-rules']).map(([name, text]) => [escaped(name), prose(text)]),
    ),
    '<h3 id="close-codes">Close codes</h3>',
    table(
      ['code', 'name', ''],
      asyncApi['x-close-codes'].map(({ code, name, meaning }) => [
        String(code),
        escaped(name),
        prose(meaning),
      ]),
    ),
    ...(['op', 'ack', 'push', 'compact'] as const).map(
      (kind) => `<h3 id="${kind}s">${HEADS[kind]}</h3>${group(kind)}`,
    ),
  ].join('\n');
}

const messageSection = (key: string, { title, summary, payload, examples, ...message }: Message): string =>
  [
    `<h4 id="${escaped(key)}"><code>${escaped(title)}</code></h4>`,
    paragraph(summary),
    schemaTable(payload),
    errorLinks(message['x-error-codes']),
    `<details><summary>Example</summary>${jsonBlock(examples[0]?.payload)}</details>`,
  ].join('\n');
