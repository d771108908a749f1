import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig, renderEnvExample } from '../src/config.ts';

describe('configuration', () => {
  it('has a default for everything', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ PORT: 8080, ADMIN_PORT: 9090, PRICE_SOURCE: 'replay' });
    expect(config.origins).toEqual(['http://localhost:8080', 'http://127.0.0.1:8080']);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes the empty string as not set', () => {
    expect(readConfig({ PORT: '' }).PORT).toBe(8080);
  });

  it.each([
    [{ PORT: '70000' }, /PORT/],
    [{ PORT: '8080', ADMIN_PORT: '8080' }, /ADMIN_PORT must differ/],
    [{ REDIS_URL: 'http://x' }, /REDIS_URL/],
    [{ TOUCHLINE_ACTORS: 'resolver,chef' }, /TOUCHLINE_ACTORS/],
    [{ PRICE_SOURCE: 'dice' }, /PRICE_SOURCE/],
    [{ FEED_VENUES: 'coinbase,kraken' }, /FEED_VENUES/],
    [{ FEED_VENUES: 'coinbase,kraken,the-corner-shop' }, /FEED_VENUES/],
    [{ FEED_VENUES: 'coinbase,kraken,kraken' }, /FEED_VENUES.*twice/],
    [{ PUBLIC_ORIGINS: 'https://a.example/path' }, /not an origin/],
    [{ SIGN_IN_CHAIN_IDS: '1,x' }, /SIGN_IN_CHAIN_IDS/],
    [{ SIGN_IN_STATEMENT: 'two\nlines' }, /SIGN_IN_STATEMENT/],
    [{ BETS_PER_MINUTE: '0' }, /BETS_PER_MINUTE/],
    [{ EDGE_ID: 'A b' }, /EDGE_ID/],
    [{ PORT: 'x', LOG_LEVEL: 'loud' }, /PORT.*LOG_LEVEL/],
  ])('refuses %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });

  it('is what .env.example says', () => {
    const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    expect(example).toBe(renderEnvExample());
  });
});
