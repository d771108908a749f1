/**
 * Whether a WebSocket handshake is accepted. CORS does not apply to sockets: a page of a foreign origin is
 * refused here, with or without a cookie. Programs send no Origin, and may come without one, but a cookie
 * only counts together with an Origin of ours.
 */
import type { BroadcasterSettings } from '../broadcaster-settings.ts';
import { SUBPROTOCOLS } from '../client-codec.ts';
import type { HttpResponse, UpgradeAnswer, UpgradeRequest } from '../client-server.ts';
import { refusal } from '../http-answer.ts';
import type { AddressLimits } from './address-limits.ts';
import { safeHeaders } from './safe-headers.ts';
import { cookieToken } from './session-cookie.ts';

export interface Door {
  /** Sockets there are. */
  readonly connections: number;
  readonly limits: AddressLimits;
  readonly settings: BroadcasterSettings;
}

export function admit(request: UpgradeRequest, { connections, limits, settings }: Door): UpgradeAnswer {
  const refuse = (response: HttpResponse): UpgradeAnswer => ({
    accept: false,
    response: safeHeaders(settings.origins)(response),
  });
  const { headers, protocols } = request;
  const { origin } = headers;
  if (origin !== undefined && !settings.origins.includes(origin)) return refuse(refusal('ORIGIN_REFUSED'));
  if (connections >= settings.connectionsMax) return refuse(refusal('TOO_MANY_CONNECTIONS'));
  const address = limits.addressOf(request);
  const admission = limits.admit(address);
  if (admission === 'too-many')
    return refuse(refusal('TOO_MANY_CONNECTIONS', { perAddress: settings.limits.connectionsPerAddressMax }));
  if (admission === 'rate-limited') return refuse(refusal('RATE_LIMITED', { retryAfterSeconds: 1 }));
  const protocol = protocols.find((offered) => SUBPROTOCOLS.some((known) => known === offered));
  const token = origin === undefined ? undefined : cookieToken(headers, settings.origins);
  return {
    accept: true,
    ...(protocol === undefined ? {} : { protocol }),
    ...(address === undefined ? {} : { address }),
    ...(token === undefined ? {} : { token }),
  };
}
