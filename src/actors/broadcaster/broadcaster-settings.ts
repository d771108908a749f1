/** What a broadcaster is told by its child spec: plain data, it crosses threads. */
import type { MarketRules } from '../../domain/rules.ts';
import type { StatusAnswer } from '../../protocol/api/http.ts';
import type { LimitSettings } from './front-door/address-limits.ts';

export interface BroadcasterSettings {
  /** Address to listen on, e.g. `127.0.0.1`. */
  readonly host: string;
  /** Shared by all broadcasters of the machine; 0 takes any free one, which cannot be shared. */
  readonly port: number;
  /** Directory of the built page. */
  readonly pageDir: string;
  /** What one address and one wallet may ask for. */
  readonly limits: LimitSettings;
  /** WebSocket connections this broadcaster holds at most. */
  readonly connectionsMax: number;
  /**
   * Origins (`https://host:port`) whose pages may open a socket, read the API and have sessions in cookies.
   * Programs, which send none, always may open one.
   */
  readonly origins: readonly string[];
  /** Bets a wallet may place in a minute; enforced by the session gate, shown in the status. */
  readonly betsPerMinute: number;
  /** File of the key that signs receipts. */
  readonly serviceKeyPath: string;
  /** What EIP-4361 messages must name; enforced by the SessionGuard, shown in the status. */
  readonly signIn: StatusAnswer['signIn'];
  /** The rules in force: their limits are shown, and grids are computed from them. */
  readonly rules: MarketRules;
}
