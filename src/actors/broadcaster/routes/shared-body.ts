/**
 * Bodies that many ask for: one value is written once, and its bytes are one object, by which the compressed
 * forms (compression.ts) and the tag (revalidation.ts) of it are found again. Gone with the value.
 */
const bodies = new WeakMap<object, Uint8Array>();

export function sharedBody(value: object): Uint8Array {
  const known = bodies.get(value);
  if (known) return known;
  const body = Buffer.from(JSON.stringify(value));
  bodies.set(value, body);
  return body;
}
