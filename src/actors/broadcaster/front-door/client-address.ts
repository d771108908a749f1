/**
 * Whom the limits of a request are counted for: an IPv4 address, or the /64 of an IPv6 one, because that is
 * what one customer gets. Header fields are believed only from proxies that are configured to be trusted; of
 * `X-Forwarded-For` the last entry counts that none of them wrote for another.
 *
 * A connection from this machine that no trusted proxy made on behalf of somebody counts for nobody: whoever
 * sits there needs no leave of ours.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

const MAPPED_IPV4 = /^(?:::ffff:|(?:0{1,4}:){5}ffff:)(.+)$/i;

const KNOWN_MAX = 10_000;

export class ClientAddresses {
  readonly #trusted = new BlockList();
  readonly #loopback = new BlockList();
  /** Of connections that nobody forwarded: the same few come again and again. */
  readonly #direct = new Map<string, string | undefined>();

  /** Addresses or networks, e.g. `10.0.0.7` or `fd00::/8`. Throws on what is neither. */
  constructor(trustedProxies: readonly string[]) {
    this.#loopback.addSubnet('127.0.0.0', 8, 'ipv4');
    this.#loopback.addAddress('::1', 'ipv6');
    for (const proxy of trustedProxies) trust(this.#trusted, proxy);
  }

  /** Undefined: nobody's limits. */
  of(remoteAddress: string, forwardedFor: string | undefined): string | undefined {
    if (forwardedFor !== undefined) return this.#find(remoteAddress, forwardedFor);
    if (this.#direct.has(remoteAddress)) return this.#direct.get(remoteAddress);
    if (this.#direct.size >= KNOWN_MAX) this.#direct.clear();
    const found = this.#find(remoteAddress, undefined);
    this.#direct.set(remoteAddress, found);
    return found;
  }

  #find(remoteAddress: string, forwardedFor: string | undefined): string | undefined {
    const remote = plain(remoteAddress);
    if (forwardedFor === undefined || !holds(this.#trusted, remote))
      return holds(this.#loopback, remote) ? undefined : limitKey(remote);
    const hops = forwardedFor.split(',').map((hop) => plain(hop.trim()));
    let client = remote;
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) break;
      client = hop;
      if (!holds(this.#trusted, hop)) break;
    }
    return limitKey(client);
  }

  /** A proxy on this machine that nobody configured: all its clients would count for nobody. */
  isUnknownProxy(remoteAddress: string, forwardedFor: string | undefined): boolean {
    const remote = plain(remoteAddress);
    return forwardedFor !== undefined && holds(this.#loopback, remote) && !holds(this.#trusted, remote);
  }
}

function trust(list: BlockList, proxy: string): void {
  const [address = '', bits, ...rest] = proxy.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const bitsMax = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? bitsMax : Number(/^\d{1,3}$/.exec(bits)?.[0] ?? Number.NaN);
  if (isIP(address) === 0 || rest.length > 0 || !(prefix >= 0 && prefix <= bitsMax))
    throw new Error(`"${proxy}" is neither an address nor a network like 10.0.0.0/8`);
  list.addSubnet(address, prefix, family);
}

const holds = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

/** An IPv4 address in the clothes of an IPv6 one is an IPv4 address. */
function plain(address: string): string {
  const inner = MAPPED_IPV4.exec(address)?.[1];
  if (inner === undefined) return address;
  if (isIPv4(inner)) return inner;
  const bytes = inner.split(':').flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return bytes.join('.');
}

/** What is no address at all counts as one client: never for nobody. */
function limitKey(address: string): string {
  if (isIP(address) !== 6) return isIPv4(address) ? address : 'unknown';
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
