/**
 * What a sign-in message must name, for who asks: the origin of the page, or the host that a program came to,
 * if it is one of ours; else the first there is.
 */
import type { BroadcasterSettings } from '../broadcaster-settings.ts';
import type { HttpRequest } from '../client-server.ts';

export function signInFor(
  { origin, host }: HttpRequest['headers'],
  { origins, signIn }: Pick<BroadcasterSettings, 'origins' | 'signIn'>,
): BroadcasterSettings['signIn'] {
  const asked = origins.find((each) => each === origin) ?? origins.find((each) => hostOf(each) === host);
  return asked === undefined ? signIn : { ...signIn, domain: hostOf(asked), uri: asked };
}

const hostOf = (origin: string): string => new URL(origin).host;
