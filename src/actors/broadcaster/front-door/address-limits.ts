/**
 * What one address may ask for: tokens for requests, by their cost, and sockets. Counted in this thread, so
 * public reads and bets ask nobody; signing in is also counted in Redis, for all threads and processes. When
 * Redis is away the thread's own count goes on.
 *
 * Nobody's address (undefined) is not limited: see client-address.ts.
 */
import type { Clock, Logger, Metrics } from '../../../runtime/index.ts';
import type { HttpRequest } from '../client-server.ts';
import { ClientAddresses } from './client-address.ts';
import type { SharedBuckets } from './shared-buckets.ts';
import { type BucketPolicy, type Taken, TokenBuckets } from './token-buckets.ts';

export interface LimitSettings extends BucketPolicy {
  /** Sockets of one address in one thread. */
  readonly connectionsPerAddressMax: number;
  /** Sockets signed in with one wallet in one thread. */
  readonly connectionsPerWalletMax: number;
  /** Handshakes a second that one thread takes from all addresses together. */
  readonly upgradesPerSecond: number;
  /** Addresses or networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
}

/** A handshake is work for both sides, and what follows is more. */
const UPGRADE_COST = 5;
/** As many seconds' worth of handshakes may come at once. */
const UPGRADE_BURST_SECONDS = 2;
const EVERYBODY = 'everybody';

export type Admission = 'admitted' | 'rate-limited' | 'too-many';

type From = Pick<HttpRequest, 'headers' | 'remoteAddress'>;

export interface AddressLimitsOptions {
  readonly settings: LimitSettings;
  readonly shared: SharedBuckets;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Pick<Logger, 'warn'>;
}

export class AddressLimits {
  readonly #options: AddressLimitsOptions;
  readonly #addresses: ClientAddresses;
  readonly #requests: TokenBuckets;
  readonly #upgrades: TokenBuckets;
  readonly #sockets = new Map<string, number>();
  readonly #addressOf = new Map<number, string>();
  #hasWarned = false;

  constructor(options: AddressLimitsOptions) {
    const { settings, clock } = options;
    const perSecond = settings.upgradesPerSecond;
    this.#options = options;
    this.#addresses = new ClientAddresses(settings.trustedProxies);
    this.#requests = new TokenBuckets(clock, settings);
    this.#upgrades = new TokenBuckets(clock, { perSecond, burst: perSecond * UPGRADE_BURST_SECONDS });
  }

  addressOf({ headers, remoteAddress }: From): string | undefined {
    const forwardedFor = headers['x-forwarded-for'];
    if (!this.#hasWarned && this.#addresses.isUnknownProxy(remoteAddress, forwardedFor)) {
      this.#hasWarned = true;
      this.#options.log.warn('a proxy on this machine is not in TRUSTED_PROXIES: addresses are not limited');
    }
    return this.#addresses.of(remoteAddress, forwardedFor);
  }

  take(address: string | undefined, cost: number): Taken {
    if (address === undefined) return this.#unlimited;
    return this.#counted(this.#requests.take(address, cost));
  }

  /** For what is dear. Undefined: nobody else's count is known. */
  async takeShared(address: string, cost: number): Promise<Taken | undefined> {
    const taken = await this.#options.shared.take(address, cost);
    return taken && this.#counted(taken);
  }

  /** Whether one more socket may be opened; it is counted by `opened`. */
  admit(address: string | undefined): Admission {
    if (address === undefined) return 'admitted';
    if ((this.#sockets.get(address) ?? 0) >= this.#options.settings.connectionsPerAddressMax)
      return 'too-many';
    if (!this.#upgrades.take(EVERYBODY, 1).granted) return 'rate-limited';
    return this.take(address, UPGRADE_COST).granted ? 'admitted' : 'rate-limited';
  }

  opened(connection: number, address: string | undefined): void {
    if (address === undefined) return;
    this.#addressOf.set(connection, address);
    this.#sockets.set(address, (this.#sockets.get(address) ?? 0) + 1);
  }

  closed(connection: number): void {
    const address = this.#addressOf.get(connection);
    if (address === undefined) return;
    this.#addressOf.delete(connection);
    const left = (this.#sockets.get(address) ?? 0) - 1;
    if (left > 0) this.#sockets.set(address, left);
    else this.#sockets.delete(address);
  }

  get #unlimited(): Taken {
    const { burst } = this.#options.settings;
    return { granted: true, remaining: burst, resetSeconds: 0, retryAfterSeconds: 0 };
  }

  #counted(taken: Taken): Taken {
    if (!taken.granted) this.#options.metrics.count('address_limited_total');
    return taken;
  }
}
