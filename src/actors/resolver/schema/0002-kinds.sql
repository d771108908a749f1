-- All kinds of bets, with bands that may be open on one side, and books that are cheap to settle in.
--
-- A bet is now two rows that are both written once and never changed: its terms as accepted, and its
-- settlement. What is open is kept apart, by the database itself. `bets` is a view over the three with the
-- columns the table of that name had.
--
-- What settling touches is keyed by the bet's number, which grows with time, not by its id, which is a hash:
-- bets that are settled together lie together.

CREATE TABLE accepted_bets (
  -- The order of acceptance.
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  wallet TEXT NOT NULL,
  symbol TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('touch', 'no_touch', 'inside', 'outside')),
  opens_at_ms INTEGER NOT NULL,
  closes_at_ms INTEGER NOT NULL,
  -- Null: open on that side.
  low_cents INTEGER,
  high_cents INTEGER,
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
  CHECK (low_cents IS NOT NULL OR high_cents IS NOT NULL),
  CHECK (kind IN ('inside', 'outside') OR (low_cents IS NOT NULL AND high_cents IS NOT NULL))
) STRICT;

INSERT INTO accepted_bets
  SELECT seq, id, wallet, symbol, kind, opens_at_ms, closes_at_ms, low_cents, high_cents, stake_micros,
    multiplier_hundredths, payout_micros, received_at_ms, accepted_seq, accepted_at_ms, accepted_price_cents,
    sigma_per_sqrt_second, rules_version, max_gap_ms, max_degraded_fraction
  FROM bets ORDER BY seq;

CREATE TABLE settlements (
  bet_seq INTEGER PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('won', 'lost', 'void')),
  -- Why it was voided.
  reason TEXT,
  settled_seq INTEGER NOT NULL,
  settled_at_ms INTEGER NOT NULL,
  -- How close the path came to a band it never met: whole cents, when, and at which tick.
  near_cents INTEGER CHECK (near_cents > 0),
  near_at_ms INTEGER,
  near_seq INTEGER,
  CHECK ((status = 'void') = (reason IS NOT NULL)),
  CHECK ((near_cents IS NULL) = (near_at_ms IS NULL) AND (near_cents IS NULL) = (near_seq IS NULL))
) STRICT;

INSERT INTO settlements (bet_seq, status, reason, settled_seq, settled_at_ms)
  SELECT seq, status, reason, settled_seq, settled_at_ms FROM bets WHERE status <> 'open' ORDER BY seq;

CREATE TABLE open_bets (
  bet_seq INTEGER PRIMARY KEY,
  -- As in accepted_bets: only a later tick settles the bet.
  accepted_seq INTEGER NOT NULL,
  accepted_at_ms INTEGER NOT NULL
) STRICT;

INSERT INTO open_bets (bet_seq, accepted_seq, accepted_at_ms)
  SELECT seq, accepted_seq, accepted_at_ms FROM bets WHERE status = 'open' ORDER BY seq;

DROP TABLE bets;

-- One bet per wallet and cell, ever; an open edge counts as one. Time comes first, so that bets taken together
-- lie together.
CREATE UNIQUE INDEX one_bet_per_cell ON accepted_bets
  (opens_at_ms, closes_at_ms, kind, coalesce(low_cents, -1), coalesce(high_cents, -1), wallet, symbol);
CREATE INDEX bets_of_wallet ON accepted_bets (wallet, seq);
CREATE INDEX operator_voids ON settlements (settled_at_ms) WHERE reason = 'OPERATOR';

CREATE TRIGGER bets_open AFTER INSERT ON accepted_bets
BEGIN
  INSERT INTO open_bets VALUES (NEW.seq, NEW.accepted_seq, NEW.accepted_at_ms);
END;
CREATE TRIGGER bets_settle_once BEFORE INSERT ON settlements
WHEN NOT EXISTS (SELECT 1 FROM open_bets WHERE bet_seq = NEW.bet_seq
  AND accepted_seq < NEW.settled_seq AND accepted_at_ms < NEW.settled_at_ms)
BEGIN SELECT RAISE(ABORT, 'bet is not open, is settled already, or not by a later tick'); END;
CREATE TRIGGER bets_close AFTER INSERT ON settlements
BEGIN
  DELETE FROM open_bets WHERE bet_seq = NEW.bet_seq;
END;

CREATE TRIGGER bets_keep_their_terms BEFORE UPDATE ON accepted_bets
BEGIN SELECT RAISE(ABORT, 'the terms of a bet are frozen'); END;
CREATE TRIGGER bets_are_never_deleted BEFORE DELETE ON accepted_bets
BEGIN SELECT RAISE(ABORT, 'bets are kept for ever'); END;
CREATE TRIGGER settlements_are_never_changed BEFORE UPDATE ON settlements
BEGIN SELECT RAISE(ABORT, 'bet is settled already'); END;
CREATE TRIGGER settlements_are_never_deleted BEFORE DELETE ON settlements
BEGIN SELECT RAISE(ABORT, 'settlements are kept for ever'); END;
CREATE TRIGGER open_bets_stay_what_they_are BEFORE UPDATE ON open_bets
BEGIN SELECT RAISE(ABORT, 'the terms of a bet are frozen'); END;
CREATE TRIGGER open_bets_close_by_settlement BEFORE DELETE ON open_bets
WHEN NOT EXISTS (SELECT 1 FROM settlements WHERE bet_seq = OLD.bet_seq)
BEGIN SELECT RAISE(ABORT, 'a bet is open until it is settled'); END;

CREATE VIEW bets AS
  SELECT b.*, coalesce(s.status, 'open') AS status, s.reason, s.settled_seq, s.settled_at_ms,
    s.near_cents, s.near_at_ms, s.near_seq
  FROM accepted_bets AS b LEFT JOIN settlements AS s ON s.bet_seq = b.seq;

-- The same transfers, those of a bet by its number.
DROP TRIGGER transfers_are_never_changed;
DROP TRIGGER transfers_are_never_deleted;
DROP INDEX transfers_close_once;
ALTER TABLE transfers RENAME TO transfers_1;

CREATE TABLE transfers (
  seq INTEGER PRIMARY KEY,
  code TEXT NOT NULL
    CHECK (code IN ('funding', 'grant', 'stake', 'reserve', 'payout', 'forfeit', 'refund', 'release')),
  from_account TEXT NOT NULL REFERENCES accounts (name),
  to_account TEXT NOT NULL REFERENCES accounts (name),
  amount_micros INTEGER NOT NULL CHECK (amount_micros BETWEEN 1 AND 9007199254740991),
  -- The bet or wallet the transfer is for.
  ref TEXT NOT NULL,
  -- The number of that bet; null if it is for a wallet or the house.
  bet_seq INTEGER,
  -- The tick it was booked at; 0 before the first.
  tick_seq INTEGER NOT NULL CHECK (tick_seq >= 0),
  CHECK (from_account <> to_account),
  CHECK ((bet_seq IS NULL) = (code IN ('funding', 'grant')))
) STRICT;

INSERT INTO transfers
  SELECT t.seq, t.code, t.from_account, t.to_account, t.amount_micros, t.ref, b.seq, t.tick_seq
  FROM transfers_1 AS t LEFT JOIN accepted_bets AS b ON b.id = t.ref AND t.code NOT IN ('funding', 'grant')
  ORDER BY t.seq;
DROP TABLE transfers_1;

CREATE UNIQUE INDEX transfers_once ON transfers (ref, code) WHERE bet_seq IS NULL;
CREATE UNIQUE INDEX transfers_once_per_bet ON transfers (bet_seq, code) WHERE bet_seq IS NOT NULL;
-- A bet closes once, and as it was settled: paid if won, forfeited if lost, refunded and released if void.
CREATE TRIGGER transfers_close_what_is_settled BEFORE INSERT ON transfers
WHEN NEW.code IN ('payout', 'forfeit', 'refund', 'release')
  AND NOT EXISTS (SELECT 1 FROM settlements WHERE bet_seq = NEW.bet_seq
    AND status = CASE NEW.code WHEN 'payout' THEN 'won' WHEN 'forfeit' THEN 'lost' ELSE 'void' END)
BEGIN SELECT RAISE(ABORT, 'a bet is closed as it was settled'); END;
CREATE TRIGGER transfers_are_never_changed BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfers_are_never_deleted BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

-- The same answers, in the order they were given: kept apart from their keys, which are looked up in any order.
DROP TRIGGER answers_are_never_changed;
DROP TRIGGER answers_are_never_deleted;
ALTER TABLE requests RENAME TO requests_1;

CREATE TABLE requests (
  seq INTEGER PRIMARY KEY,
  wallet TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  -- SHA-256 of the canonical body, hex.
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  -- JSON of the outcome.
  answer TEXT NOT NULL,
  UNIQUE (wallet, idempotency_key)
) STRICT;

INSERT INTO requests (wallet, idempotency_key, fingerprint, answer)
  SELECT wallet, idempotency_key, fingerprint, answer FROM requests_1;
DROP TABLE requests_1;

CREATE TRIGGER answers_are_never_changed BEFORE UPDATE ON requests
BEGIN SELECT RAISE(ABORT, 'an answer is kept for ever'); END;
CREATE TRIGGER answers_are_never_deleted BEFORE DELETE ON requests
BEGIN SELECT RAISE(ABORT, 'an answer is kept for ever'); END;
