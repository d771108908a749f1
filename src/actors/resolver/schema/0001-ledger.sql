-- The ledger. STRICT everywhere: an integer that overflows is an error, never a REAL.
-- Every rule below that money depends on is checked here again, whatever the code above believes.

CREATE TABLE accounts (
  name TEXT PRIMARY KEY,
  balance_micros INTEGER NOT NULL
    CHECK (balance_micros BETWEEN -9007199254740991 AND 9007199254740991)
    CHECK (name = 'issuance' OR balance_micros >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO accounts (name, balance_micros) VALUES ('issuance', 0), ('house', 0), ('escrow', 0);

CREATE TABLE transfers (
  seq INTEGER PRIMARY KEY,
  code TEXT NOT NULL
    CHECK (code IN ('funding', 'grant', 'stake', 'reserve', 'payout', 'forfeit', 'refund', 'release')),
  from_account TEXT NOT NULL REFERENCES accounts (name),
  to_account TEXT NOT NULL REFERENCES accounts (name),
  amount_micros INTEGER NOT NULL CHECK (amount_micros BETWEEN 1 AND 9007199254740991),
  -- The bet or wallet the transfer is for.
  ref TEXT NOT NULL,
  -- The tick it was booked at; 0 before the first.
  tick_seq INTEGER NOT NULL CHECK (tick_seq >= 0),
  CHECK (from_account <> to_account),
  UNIQUE (ref, code)
) STRICT;

-- A bet closes once: paid, forfeited or refunded.
CREATE UNIQUE INDEX transfers_close_once ON transfers (ref) WHERE code IN ('payout', 'forfeit', 'refund');

CREATE TRIGGER transfers_are_never_changed BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfers_are_never_deleted BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

CREATE TABLE bets (
  -- The order of acceptance.
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  wallet TEXT NOT NULL,
  symbol TEXT NOT NULL,
  kind TEXT NOT NULL,
  opens_at_ms INTEGER NOT NULL,
  closes_at_ms INTEGER NOT NULL,
  low_cents INTEGER NOT NULL,
  high_cents INTEGER NOT NULL,
  stake_micros INTEGER NOT NULL CHECK (stake_micros BETWEEN 1 AND 9007199254740991),
  multiplier_hundredths INTEGER NOT NULL CHECK (multiplier_hundredths >= 100),
  payout_micros INTEGER NOT NULL CHECK (payout_micros BETWEEN stake_micros AND 9007199254740991),
  received_at_ms INTEGER NOT NULL,
  accepted_seq INTEGER NOT NULL,
  accepted_at_ms INTEGER NOT NULL,
  accepted_price_cents INTEGER NOT NULL,
  sigma_per_sqrt_second REAL NOT NULL,
  rules_version TEXT NOT NULL,
  max_gap_ms INTEGER NOT NULL,
  max_degraded_fraction REAL NOT NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'won', 'lost', 'void')),
  -- Why it was voided.
  reason TEXT,
  settled_seq INTEGER CHECK (settled_seq > accepted_seq),
  settled_at_ms INTEGER CHECK (settled_at_ms > accepted_at_ms),
  CHECK ((status = 'open') = (settled_seq IS NULL)),
  CHECK ((status = 'open') = (settled_at_ms IS NULL)),
  CHECK ((status = 'void') = (reason IS NOT NULL)),
  -- One bet per wallet and cell, ever.
  UNIQUE (wallet, symbol, kind, opens_at_ms, closes_at_ms, low_cents, high_cents)
) STRICT;

CREATE INDEX bets_of_wallet ON bets (wallet, seq);
CREATE INDEX bets_by_status ON bets (status, seq);

CREATE TRIGGER bets_settle_once BEFORE UPDATE ON bets WHEN OLD.status <> 'open'
BEGIN SELECT RAISE(ABORT, 'bet is settled already'); END;
CREATE TRIGGER bets_keep_their_terms BEFORE UPDATE OF
  seq, id, wallet, symbol, kind, opens_at_ms, closes_at_ms, low_cents, high_cents, stake_micros,
  multiplier_hundredths, payout_micros, received_at_ms, accepted_seq, accepted_at_ms, accepted_price_cents,
  sigma_per_sqrt_second, rules_version, max_gap_ms, max_degraded_fraction ON bets
BEGIN SELECT RAISE(ABORT, 'the terms of a bet are frozen'); END;
CREATE TRIGGER bets_are_never_deleted BEFORE DELETE ON bets
BEGIN SELECT RAISE(ABORT, 'bets are kept for ever'); END;

-- What every request was answered, for ever: the same key and body get the same answer.
CREATE TABLE requests (
  wallet TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  -- SHA-256 of the canonical body, hex.
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  -- JSON of the outcome.
  answer TEXT NOT NULL,
  PRIMARY KEY (wallet, idempotency_key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER answers_are_never_changed BEFORE UPDATE ON requests
BEGIN SELECT RAISE(ABORT, 'an answer is kept for ever'); END;
CREATE TRIGGER answers_are_never_deleted BEFORE DELETE ON requests
BEGIN SELECT RAISE(ABORT, 'an answer is kept for ever'); END;

-- How far the tick log is applied. Everything booked so far follows from ticks up to this one.
CREATE TABLE cursor (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  tick_seq INTEGER NOT NULL CHECK (tick_seq >= 0)
) STRICT;

INSERT INTO cursor (id, tick_seq) VALUES (1, 0);

CREATE TRIGGER cursor_never_goes_back BEFORE UPDATE ON cursor WHEN NEW.tick_seq < OLD.tick_seq
BEGIN SELECT RAISE(ABORT, 'the cursor never goes back'); END;
