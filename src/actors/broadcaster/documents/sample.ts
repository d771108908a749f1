/** An example of a schema: its own where it has one, else the simplest value that fits. For readers. */
import { type JsonSchema, resolved } from './json-schemas.ts';

export function sampleOf(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): unknown {
  const known = resolved(schema, schemas);
  const [example] = known.examples ?? [];
  if (example !== undefined) return example;
  if (known.const !== undefined) return known.const;
  if (known.default !== undefined) return known.default;
  if (known.enum) return known.enum[0];
  const [choice] = known.oneOf ?? known.anyOf ?? known.allOf ?? [];
  if (choice) return sampleOf(choice, schemas);
  return sampleOfType(known, schemas);
}

function sampleOfType(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): unknown {
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => schema.required?.includes(name))
          .map(([name, field]) => [name, sampleOf(field, schemas)]),
      );
    case 'array': {
      if (schema.prefixItems) return schema.prefixItems.map((item) => sampleOf(item, schemas));
      return schema.items ? [sampleOf(schema.items, schemas)] : [];
    }
    case 'integer':
    case 'number':
      return schema.minimum ?? (schema.exclusiveMinimum === undefined ? 0 : schema.exclusiveMinimum + 1);
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return 'text';
  }
}
