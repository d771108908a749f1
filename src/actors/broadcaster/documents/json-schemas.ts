/**
 * zod schemas as JSON Schemas of one document: what has a name (`.meta({ id })`) becomes a component and is
 * referred to; the rest stands where it is used. OpenAPI 3.1 and AsyncAPI 3.0 both keep them at
 * `#/components/schemas`.
 */
import { z } from 'zod';

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

const HOME = '#/components/schemas/';

/** `input`: strict, as it is validated. `output`: open, because answers may gain fields. */
export type Direction = 'input' | 'output';

export class Components {
  readonly #schemas = new Map<string, JsonSchema>();

  get schemas(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The schema, or a reference to it. Throws if one name stands for two different things. */
  use(schema: z.ZodType, io: Direction): JsonSchema {
    const json = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        delete jsonSchema.readOnly;
        if (io === 'output' && jsonSchema.additionalProperties === false)
          delete jsonSchema.additionalProperties;
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      },
    });
    const moved = JSON.stringify(json).replaceAll('"#/$defs/', `"${HOME}`);
    const { $schema: _, $defs = {}, ...root } = JSON.parse(moved) as Record<string, unknown>;
    for (const [name, definition] of Object.entries($defs as Record<string, JsonSchema>))
      this.add(name, definition);
    return root as JsonSchema;
  }

  add(name: string, schema: JsonSchema): JsonSchema {
    const known = this.#schemas.get(name);
    if (known && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two schemas are named ${name}`);
    this.#schemas.set(name, schema);
    return { $ref: `${HOME}${name}` };
  }
}

/** The name of the component a schema refers to. */
export const refName = ({ $ref }: JsonSchema): string | undefined =>
  $ref?.startsWith(HOME) ? $ref.slice(HOME.length) : undefined;

/** The schema itself, following a reference. */
export function resolved(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const name = refName(schema);
  const found = name === undefined ? undefined : schemas[name];
  if (!found) return schema;
  const { $ref: _, ...own } = schema;
  return { ...found, ...own };
}
