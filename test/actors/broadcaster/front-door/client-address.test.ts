import { describe, expect, it } from 'vitest';
import { ClientAddresses } from '../../../../src/actors/broadcaster/front-door/client-address.ts';

const addresses = new ClientAddresses(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '127.0.0.1']);
const strict = new ClientAddresses([]);

describe('whom limits are counted for', () => {
  it.each([
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['0000:0000:0000:0000:0000:ffff:cb00:7109', undefined, '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', undefined, '2001:db8:1:2::/64'],
    ['2001:db8::7', undefined, '2001:db8:0:0::/64'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, 198.51.100.1, 192.0.2.1', '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, nonsense', '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['fd00::1', '2001:db8:9::1', '2001:db8:9:0::/64'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '127.0.0.2', '127.0.0.2'],
    ['127.0.0.1', undefined, undefined],
    ['', undefined, 'unknown'],
  ])('%s with X-Forwarded-For %j counts for %s', (remote, forwarded, counted) => {
    expect(addresses.of(remote, forwarded)).toBe(counted);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', '0000:0000:0000:0000:0000:0000:0000:0001', '::ffff:127.0.0.1'])(
    '%s is this machine, whatever it claims, and is told apart when it forwards',
    (remote) => {
      expect(strict.of(remote, undefined)).toBeUndefined();
      expect(strict.of(remote, '198.51.100.1')).toBeUndefined();
      expect(strict.isUnknownProxy(remote, '198.51.100.1')).toBe(true);
      expect(strict.isUnknownProxy(remote, undefined)).toBe(false);
    },
  );

  it.each(['', 'proxy.example', '10.0.0.0/33', '10.0.0.0/x', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/-1'])(
    'does not trust "%s", which is no address',
    (proxy) => {
      expect(() => new ClientAddresses([proxy])).toThrow('neither an address nor a network');
    },
  );
});
