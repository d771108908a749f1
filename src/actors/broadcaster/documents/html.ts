/** The few bricks the pages of /docs are built of. Every text goes through `escaped`. */
import { type JsonSchema, refName } from './json-schemas.ts';

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Text with `code` in back quotes. */
export const prose = (text: string): string =>
  escaped(text).replace(/`([^`]+)`/g, (_, code: string) => `<code>${code}</code>`);

export const paragraph = (text: string | undefined): string =>
  text === undefined || text === '' ? '' : `<p>${prose(text)}</p>`;

export const codeBlock = (text: string, label = ''): string =>
  `<pre${label === '' ? '' : ` id="${escaped(label)}"`}><code>${escaped(text)}</code></pre>`;

export const jsonBlock = (value: unknown): string => codeBlock(JSON.stringify(value, null, 2));

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return (
    `<div class="wide"><table><thead>${cells('th', head)}</thead>` +
    `<tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table></div>`
  );
}

export const link = (anchor: string, text: string): string =>
  `<a href="#${escaped(anchor)}">${escaped(text)}</a>`;

export const errorLinks = (codes: readonly string[] = []): string =>
  codes.length === 0 ? '' : `<p>Errors: ${codes.map((code) => link(`error-${code}`, code)).join(', ')}</p>`;

export const schemaAnchor = (name: string): string => `schema-${name}`;

/** The fields of a schema, those inside it indented by their path; named ones as links. */
export function schemaTable(schema: JsonSchema): string {
  const named = refName(schema);
  if (named !== undefined) return `<p>${link(schemaAnchor(named), named)}</p>`;
  const rows = rowsOf(schema, '', true);
  return rows.length === 0 ? `<p>${typeText(schema)}</p>` : table(['field', 'type', ''], rows);
}

function rowsOf(schema: JsonSchema, path: string, isRequired: boolean): string[][] {
  if (schema.prefixItems && path === '')
    return schema.prefixItems.map((item, place) => rowOf(item, `${place}: ${item.title ?? ''}`, true));
  const choices = schema.oneOf ?? [];
  if (choices.length > 0) return choices.flatMap((choice) => rowsOf(choice, path, isRequired));
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const place = path === '' ? name : `${path}.${name}`;
    const isThere = schema.required?.includes(name) ?? false;
    return [rowOf(field, place, isThere), ...rowsOf(field, place, isThere)];
  });
  const items = schema.items ? rowsOf(schema.items, `${path}[]`, isRequired) : [];
  return [...inside, ...items];
}

const rowOf = (schema: JsonSchema, path: string, isRequired: boolean): string[] => [
  `<code>${escaped(path)}</code>${isRequired ? '' : '<sup>?</sup>'}`,
  typeText(schema),
  prose([schema.description ?? '', boundsText(schema)].filter((part) => part !== '').join(' ')),
];

/** Of a type in one line. */
export function typeText(schema: JsonSchema): string {
  const named = refName(schema);
  if (named !== undefined) return link(schemaAnchor(named), named);
  if (schema.const !== undefined) return `<code>${escaped(JSON.stringify(schema.const))}</code>`;
  if (schema.enum)
    return schema.enum.map((value) => `<code>${escaped(JSON.stringify(value))}</code>`).join(' | ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(typeText).join(' | ');
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeText).join(', ')}]`;
  if (schema.type === 'array') return `${schema.items ? typeText(schema.items) : 'any'}[]`;
  return escaped(String(schema.type ?? 'any'));
}

function boundsText(schema: JsonSchema): string {
  const { minimum, maximum, minItems, maxItems, maxLength, pattern } = schema;
  const fallback = schema.default === undefined ? '' : `Default: ${JSON.stringify(schema.default)}.`;
  const parts = [
    minimum === undefined || minimum === 0 ? '' : `≥ ${minimum}`,
    maximum === undefined ? '' : `≤ ${maximum}`,
    minItems === undefined ? '' : `at least ${minItems}`,
    maxItems === undefined ? '' : `at most ${maxItems}`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    pattern === undefined ? '' : `\`${pattern}\``,
  ].filter((part) => part !== '');
  return [parts.length === 0 ? '' : `(${parts.join(', ')})`, fallback]
    .filter((part) => part !== '')
    .join(' ');
}
