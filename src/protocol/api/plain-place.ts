/**
 * What every bet comes in, read by hand when it is of the plain form: a tenth of the time of the schemas.
 * What is plain here, the schema reads to the same value (property test); everything else is left to the
 * schema, which knows why it is wrong. For values of JSON and msgpack: nothing in them has getters.
 */
import { BET_KINDS, type BetKind } from '../../domain/cell.ts';
import { type MarketSymbol, SYMBOL } from '../../domain/tick.ts';
import { IDEMPOTENCY_KEY_LENGTH_MAX } from '../limits.ts';

/** A PlaceBetRequest (place-bet-request.ts), but for what its texts say. */
interface PlainBet {
  readonly symbol: MarketSymbol;
  readonly kind: BetKind;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number | null;
  readonly highCents: number | null;
  readonly stakeMicros: string;
  readonly minMultiplier: string;
}

/** The `place` of frames.ts. */
interface PlainPlaceFrame {
  op: 'place';
  idempotencyKey: string;
  bet: Record<string, unknown>;
  id?: string | number;
}

const KEY = /^[A-Za-z0-9._:-]+$/;
const REQUEST_ID_LENGTH_MAX = 64;
const BET_FIELDS = 8;

export const isPlainKey = (key: unknown): key is string =>
  typeof key === 'string' && key.length <= IDEMPOTENCY_KEY_LENGTH_MAX && KEY.test(key);

/** What stake and multiplier say is left to their own parsers, which take what the schema takes. */
export function isPlainBet(value: unknown): value is PlainBet {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== BET_FIELDS) return false;
  const bet = value as Partial<Record<keyof PlainBet, unknown>>;
  return (
    bet.symbol === SYMBOL &&
    (BET_KINDS as readonly unknown[]).includes(bet.kind) &&
    isInstant(bet.opensAtMs) &&
    isInstant(bet.closesAtMs) &&
    isEdge(bet.lowCents) &&
    isEdge(bet.highCents) &&
    typeof bet.stakeMicros === 'string' &&
    typeof bet.minMultiplier === 'string'
  );
}

/** Of the bet in it, only that it is an object: it is read when it is placed. */
export function isPlainPlaceFrame(value: object): value is PlainPlaceFrame {
  const { op, idempotencyKey, bet, id } = value as Partial<Record<string, unknown>>;
  if (op !== 'place' || !isPlainKey(idempotencyKey) || !isPlainObject(bet)) return false;
  if (Object.keys(value).length !== (id === undefined ? 3 : 4)) return false;
  if (typeof id === 'string') return id.length <= REQUEST_ID_LENGTH_MAX;
  return id === undefined || isWholeNumber(id);
}

const isWholeNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isInstant = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const isEdge = (value: unknown): boolean => value === null || isWholeNumber(value);

/** Without a key that a copy of it would not have. */
const isPlainObject = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.getPrototypeOf(value) === Object.prototype &&
  !Object.hasOwn(value, '__proto__');
