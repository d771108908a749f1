/**
 * Named points at which a crash test makes this process end as if the power of its host had gone: SIGKILL, no
 * handler, no flush. Nothing is armed in production, and then a point costs one comparison.
 *
 * A module's state is private to its thread, so every actor's thread is armed on its own and counts alone.
 */

/** `[actor/]name:n`: the n-th time that point is reached, in any thread or in that actor's alone. */
export const FAILPOINT_PATTERN = /^(?:([a-z0-9-]+)\/)?([a-z-]+(?:\.[a-z-]+)*):([1-9]\d*)$/;

let armed: { readonly name: string; left: number } | undefined;

/** Arms this thread for `actor`; an empty or foreign `spec` disarms it. Throws on one that is malformed. */
export function armFailpoint(spec: string, actor: string): void {
  armed = undefined;
  if (spec === '') return;
  const [, onlyIn, name, nth] = FAILPOINT_PATTERN.exec(spec) ?? [];
  if (name === undefined) throw new Error(`not a failpoint: "${spec}"`);
  if (onlyIn === undefined || onlyIn === actor) armed = { name, left: Number(nth) };
}

/** The process ends here if this is the armed point's turn. */
export function failpoint(name: string): void {
  if (armed === undefined || armed.name !== name) return;
  armed.left -= 1;
  if (armed.left === 0) process.kill(process.pid, 'SIGKILL');
}
