/** The product's Broadcaster on its real server. Ticks come as they do from the feed: as signals. */
import { UwsServer } from '../../../src/actors/broadcaster/uws-server.ts';
import { priceSignals } from '../../../src/protocol/signals.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { BROADCASTER_SETTINGS, startBroadcasterOn } from '../../../test/support/broadcaster-fixture.ts';
import { serveParent, tickNo } from './tick-source.ts';

const MANY = 1_000_000;

class KnownServer extends UwsServer {
  port = 0;
  override async listen(...args: Parameters<UwsServer['listen']>): Promise<number> {
    this.port = await super.listen(...args);
    return this.port;
  }
}

const server = new KnownServer({ host: '127.0.0.1', port: 0, clock: systemClock });
const limits = {
  ...BROADCASTER_SETTINGS.limits,
  ...{ connectionsPerAddressMax: MANY, upgradesPerSecond: MANY, burst: MANY, perSecond: MANY },
};
const { system } = await startBroadcasterOn(server, { connectionsMax: MANY, limits });
const { name } = priceSignals('btc:usd');
serveParent(server.port, (seq) => system.signals.publish(name, tickNo(seq)));
