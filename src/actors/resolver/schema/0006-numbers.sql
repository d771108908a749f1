-- Accounts, cells and rules have numbers, and what is written for each bet refers to them: its rows and the
-- entries of its indexes are a third of what they were, so that a commit touches a third of the pages. Nothing
-- that is said changes, only how it is kept: the views `bets` and `booked_transfers` read as before.
--
-- An accepted bet is its own answer, and its own two transfers: what a request was answered is kept as text
-- only if it is not that, and the stake and the reserve of a bet are read from its row.

-- Accounts. The three of the house come first and keep their numbers for ever, as triggers name them.
ALTER TABLE accounts RENAME TO accounts_1;
CREATE TABLE accounts (
  no INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  balance_micros INTEGER NOT NULL
    CHECK (balance_micros BETWEEN -9007199254740991 AND 9007199254740991)
    CHECK (name = 'issuance' OR balance_micros >= 0),
  -- Whose it is; null of the house's.
  wallet TEXT GENERATED ALWAYS AS (CASE substr(name, 1, 7) WHEN 'wallet:' THEN substr(name, 8) END) VIRTUAL,
  CHECK ((no IN (1, 2, 3)) = (wallet IS NULL))
) STRICT;
CREATE UNIQUE INDEX accounts_of_wallets ON accounts (wallet) WHERE wallet IS NOT NULL;

INSERT INTO accounts (no, name, balance_micros)
  SELECT CASE name WHEN 'issuance' THEN 1 WHEN 'house' THEN 2 WHEN 'escrow' THEN 3 END, name, balance_micros
  FROM accounts_1 WHERE name IN ('issuance', 'house', 'escrow') ORDER BY 1;
INSERT INTO accounts (name, balance_micros)
  SELECT name, balance_micros FROM accounts_1 WHERE name NOT IN ('issuance', 'house', 'escrow');

-- Cells that have or had bets. An edge that is open is -1.
CREATE TABLE cells (
  no INTEGER PRIMARY KEY,
  symbol TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('touch', 'no_touch', 'inside', 'outside')),
  opens_at_ms INTEGER NOT NULL,
  closes_at_ms INTEGER NOT NULL,
  low_cents INTEGER NOT NULL CHECK (low_cents >= -1),
  high_cents INTEGER NOT NULL CHECK (high_cents >= -1),
  CHECK (low_cents >= 0 OR high_cents >= 0),
  CHECK (kind IN ('inside', 'outside') OR (low_cents >= 0 AND high_cents >= 0)),
  UNIQUE (opens_at_ms, closes_at_ms, kind, low_cents, high_cents, symbol)
) STRICT;

INSERT INTO cells (symbol, kind, opens_at_ms, closes_at_ms, low_cents, high_cents)
  SELECT symbol, kind, opens_at_ms, closes_at_ms, coalesce(low_cents, -1), coalesce(high_cents, -1)
  FROM accepted_bets GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY min(seq);

CREATE TRIGGER cells_are_never_changed BEFORE UPDATE ON cells
BEGIN SELECT RAISE(ABORT, 'a cell is what it is'); END;

-- What bets settle by, beside the ticks.
CREATE TABLE settlement_rules (
  no INTEGER PRIMARY KEY,
  max_gap_ms INTEGER NOT NULL,
  max_degraded_fraction REAL NOT NULL,
  UNIQUE (max_gap_ms, max_degraded_fraction)
) STRICT;

INSERT INTO settlement_rules (max_gap_ms, max_degraded_fraction)
  SELECT max_gap_ms, max_degraded_fraction FROM accepted_bets GROUP BY 1, 2 ORDER BY min(seq);

CREATE TRIGGER settlement_rules_are_never_changed BEFORE UPDATE ON settlement_rules
BEGIN SELECT RAISE(ABORT, 'the rules a bet settles by are frozen'); END;

-- The same bets.
DROP VIEW bets;
DROP TRIGGER bets_settle_once;
DROP TRIGGER bets_leave_their_cell;
DROP TRIGGER transfers_close_what_is_settled;
DROP TRIGGER transfers_close_settled_cells;
DROP TRIGGER transfers_are_never_changed;
DROP TRIGGER transfers_are_never_deleted;
DROP TRIGGER commits_close_whole_cells;
DROP TRIGGER cells_settle_once;
DROP TRIGGER cells_close;
DROP TRIGGER settled_cells_are_never_changed;
DROP TRIGGER settled_cells_are_never_deleted;
DROP TRIGGER open_cells_stay_what_they_are;
DROP TRIGGER open_cells_close_by_settlement;
DROP TRIGGER bets_open;
DROP TRIGGER bets_keep_their_terms;
DROP TRIGGER bets_are_never_deleted;
DROP INDEX one_bet_per_cell;
DROP INDEX bets_of_wallet;
DROP INDEX settled_cells_by_tick;
ALTER TABLE accepted_bets RENAME TO accepted_bets_1;
ALTER TABLE open_cells RENAME TO open_cells_1;
ALTER TABLE settled_cells RENAME TO settled_cells_1;
ALTER TABLE transfers RENAME TO transfers_1;
ALTER TABLE requests RENAME TO requests_1;

CREATE TABLE accepted_bets (
  -- The order of acceptance.
  seq INTEGER PRIMARY KEY,
  -- Begins with the tick it was accepted at, so that new ones are at the end.
  id TEXT NOT NULL UNIQUE,
  wallet_no INTEGER NOT NULL REFERENCES accounts (no) CHECK (wallet_no > 3),
  cell_no INTEGER NOT NULL REFERENCES cells (no),
  rules_no INTEGER NOT NULL REFERENCES settlement_rules (no),
  stake_micros INTEGER NOT NULL CHECK (stake_micros BETWEEN 1 AND 9007199254740991),
  multiplier_hundredths INTEGER NOT NULL CHECK (multiplier_hundredths >= 100),
  payout_micros INTEGER NOT NULL CHECK (payout_micros BETWEEN stake_micros AND 9007199254740991),
  received_at_ms INTEGER NOT NULL,
  accepted_seq INTEGER NOT NULL,
  accepted_at_ms INTEGER NOT NULL,
  accepted_price_cents INTEGER NOT NULL,
  sigma_per_sqrt_second REAL NOT NULL,
  rules_version TEXT NOT NULL,
  -- The number of its stake among the transfers; the reserve, where there is one, has the next.
  transfer_seq INTEGER NOT NULL UNIQUE CHECK (transfer_seq > 0),
  -- The tick they were booked at.
  tick_seq INTEGER NOT NULL CHECK (tick_seq >= 0),
  -- The chance to win it was priced with. Not one of its terms. Null of bets from before it was kept.
  probability REAL CHECK (probability BETWEEN 0 AND 1)
) STRICT;

INSERT INTO accepted_bets
  SELECT b.seq, b.id, a.no, c.no, r.no, stake_micros, multiplier_hundredths, payout_micros, received_at_ms,
    accepted_seq, accepted_at_ms, accepted_price_cents, sigma_per_sqrt_second, rules_version, t.seq,
    t.tick_seq, probability
  FROM accepted_bets_1 AS b JOIN accounts AS a ON a.wallet = b.wallet
    JOIN cells AS c ON c.opens_at_ms = b.opens_at_ms AND c.closes_at_ms = b.closes_at_ms AND c.kind = b.kind
      AND c.low_cents = coalesce(b.low_cents, -1) AND c.high_cents = coalesce(b.high_cents, -1)
      AND c.symbol = b.symbol
    JOIN settlement_rules AS r USING (max_gap_ms, max_degraded_fraction)
    JOIN transfers_1 AS t ON t.bet_seq = b.seq AND t.code = 'stake'
  ORDER BY b.seq;

-- One bet per wallet and cell, ever. Also how the bets on a cell are found.
CREATE UNIQUE INDEX one_bet_per_cell ON accepted_bets (cell_no, wallet_no);
CREATE INDEX bets_of_wallet ON accepted_bets (wallet_no, seq);

-- Cells with open bets, kept by the database itself; bets under other rules are counted apart.
CREATE TABLE open_cells (
  cell_no INTEGER NOT NULL REFERENCES cells (no),
  rules_no INTEGER NOT NULL REFERENCES settlement_rules (no),
  -- The oldest of its bets, open or not.
  first_bet_seq INTEGER NOT NULL,
  -- Of the open ones: how many, and what they stake and may be paid.
  bets INTEGER NOT NULL CHECK (bets >= 0),
  stake_micros INTEGER NOT NULL CHECK (stake_micros BETWEEN 0 AND 9007199254740991),
  payout_micros INTEGER NOT NULL CHECK (payout_micros BETWEEN stake_micros AND 9007199254740991),
  -- Of the newest: only a later tick settles the cell.
  accepted_seq INTEGER NOT NULL,
  accepted_at_ms INTEGER NOT NULL,
  PRIMARY KEY (cell_no, rules_no)
) STRICT, WITHOUT ROWID;

INSERT INTO open_cells
  SELECT c.no, r.no, first_bet_seq, bets, stake_micros, payout_micros, accepted_seq, accepted_at_ms
  FROM open_cells_1 AS o JOIN cells AS c USING (opens_at_ms, closes_at_ms, kind, low_cents, high_cents, symbol)
    JOIN settlement_rules AS r USING (max_gap_ms, max_degraded_fraction);

CREATE TABLE settled_cells (
  -- The order of settling.
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  cell_no INTEGER NOT NULL REFERENCES cells (no),
  rules_no INTEGER NOT NULL REFERENCES settlement_rules (no),
  -- The bets that were open.
  bets INTEGER NOT NULL CHECK (bets > 0),
  stake_micros INTEGER NOT NULL,
  payout_micros INTEGER NOT NULL,
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
  CHECK ((near_cents IS NULL) = (near_at_ms IS NULL) AND (near_cents IS NULL) = (near_seq IS NULL)),
  UNIQUE (cell_no, rules_no)
) STRICT;

INSERT INTO settled_cells
  SELECT s.seq, c.no, r.no, bets, stake_micros, payout_micros, status, reason, settled_seq, settled_at_ms,
    near_cents, near_at_ms, near_seq
  FROM settled_cells_1 AS s
    JOIN cells AS c USING (opens_at_ms, closes_at_ms, kind, low_cents, high_cents, symbol)
    JOIN settlement_rules AS r USING (max_gap_ms, max_degraded_fraction)
  ORDER BY s.seq;

CREATE INDEX settled_cells_by_tick ON settled_cells (settled_seq);

CREATE VIEW bets AS
  SELECT b.seq, b.id, a.wallet, c.symbol, c.kind, c.opens_at_ms, c.closes_at_ms,
    nullif(c.low_cents, -1) AS low_cents, nullif(c.high_cents, -1) AS high_cents, b.stake_micros,
    b.multiplier_hundredths, b.payout_micros, b.received_at_ms, b.accepted_seq, b.accepted_at_ms,
    b.accepted_price_cents, b.sigma_per_sqrt_second, b.rules_version, r.max_gap_ms, r.max_degraded_fraction,
    b.probability, coalesce(s.status, t.status, 'open') AS status, coalesce(s.reason, t.reason) AS reason,
    coalesce(s.settled_seq, t.settled_seq) AS settled_seq,
    coalesce(s.settled_at_ms, t.settled_at_ms) AS settled_at_ms,
    coalesce(s.near_cents, t.near_cents) AS near_cents, coalesce(s.near_at_ms, t.near_at_ms) AS near_at_ms,
    coalesce(s.near_seq, t.near_seq) AS near_seq, t.seq AS cell_seq
  FROM accepted_bets AS b JOIN accounts AS a ON a.no = b.wallet_no JOIN cells AS c ON c.no = b.cell_no
    JOIN settlement_rules AS r ON r.no = b.rules_no
    LEFT JOIN settlements AS s ON s.bet_seq = b.seq
    LEFT JOIN settled_cells AS t
      ON s.bet_seq IS NULL AND t.cell_no = b.cell_no AND t.rules_no = b.rules_no;

-- A bet opens its cell, which must not be settled.
CREATE TRIGGER bets_open AFTER INSERT ON accepted_bets
BEGIN
  SELECT RAISE(ABORT, 'the cell is settled already') FROM settled_cells
  WHERE cell_no = NEW.cell_no AND rules_no = NEW.rules_no;
  INSERT INTO open_cells VALUES (NEW.cell_no, NEW.rules_no, NEW.seq, 1, NEW.stake_micros, NEW.payout_micros,
    NEW.accepted_seq, NEW.accepted_at_ms)
  ON CONFLICT DO UPDATE SET bets = bets + 1, stake_micros = stake_micros + NEW.stake_micros,
    payout_micros = payout_micros + NEW.payout_micros, accepted_seq = max(accepted_seq, NEW.accepted_seq),
    accepted_at_ms = max(accepted_at_ms, NEW.accepted_at_ms);
END;
CREATE TRIGGER bets_keep_their_terms BEFORE UPDATE ON accepted_bets
BEGIN SELECT RAISE(ABORT, 'the terms of a bet are frozen'); END;
CREATE TRIGGER bets_are_never_deleted BEFORE DELETE ON accepted_bets
BEGIN SELECT RAISE(ABORT, 'bets are kept for ever'); END;

-- A cell is settled once, by a later tick, and with all of its open bets.
CREATE TRIGGER cells_settle_once BEFORE INSERT ON settled_cells
WHEN NOT EXISTS (SELECT 1 FROM open_cells
  WHERE cell_no = NEW.cell_no AND rules_no = NEW.rules_no
    AND bets = NEW.bets AND stake_micros = NEW.stake_micros AND payout_micros = NEW.payout_micros
    AND accepted_seq < NEW.settled_seq AND accepted_at_ms < NEW.settled_at_ms)
BEGIN SELECT RAISE(ABORT, 'cell is not open with these bets, is settled already, or not by a later tick'); END;
CREATE TRIGGER cells_close AFTER INSERT ON settled_cells
BEGIN
  DELETE FROM open_cells WHERE cell_no = NEW.cell_no AND rules_no = NEW.rules_no;
END;
CREATE TRIGGER settled_cells_are_never_changed BEFORE UPDATE ON settled_cells
BEGIN SELECT RAISE(ABORT, 'cell is settled already'); END;
CREATE TRIGGER settled_cells_are_never_deleted BEFORE DELETE ON settled_cells
BEGIN SELECT RAISE(ABORT, 'settlements are kept for ever'); END;

-- One bet, taken out of its cell.
CREATE TRIGGER bets_settle_once BEFORE INSERT ON settlements
WHEN NOT EXISTS (SELECT 1 FROM bets WHERE seq = NEW.bet_seq AND status = 'open'
  AND accepted_seq < NEW.settled_seq AND accepted_at_ms < NEW.settled_at_ms)
BEGIN SELECT RAISE(ABORT, 'bet is not open, is settled already, or not by a later tick'); END;
CREATE TRIGGER bets_leave_their_cell AFTER INSERT ON settlements
BEGIN
  UPDATE open_cells SET bets = open_cells.bets - 1, stake_micros = open_cells.stake_micros - b.stake_micros,
    payout_micros = open_cells.payout_micros - b.payout_micros
  FROM accepted_bets AS b
  WHERE b.seq = NEW.bet_seq AND open_cells.cell_no = b.cell_no AND open_cells.rules_no = b.rules_no;
  DELETE FROM open_cells WHERE bets = 0 AND cell_no = (SELECT cell_no FROM accepted_bets WHERE seq = NEW.bet_seq);
END;

-- A bet comes or goes, and with it its money; nothing else of an open cell changes, nor does it wait less.
CREATE TRIGGER open_cells_stay_what_they_are BEFORE UPDATE ON open_cells
WHEN abs(NEW.bets - OLD.bets) <> 1
  OR (NEW.bets > OLD.bets) <> (NEW.stake_micros > OLD.stake_micros)
  OR (NEW.bets > OLD.bets) <> (NEW.payout_micros > OLD.payout_micros)
  OR NEW.accepted_seq < OLD.accepted_seq OR NEW.accepted_at_ms < OLD.accepted_at_ms
  OR NEW.first_bet_seq <> OLD.first_bet_seq OR NEW.cell_no <> OLD.cell_no OR NEW.rules_no <> OLD.rules_no
BEGIN SELECT RAISE(ABORT, 'the terms of a bet are frozen'); END;
CREATE TRIGGER open_cells_close_by_settlement BEFORE DELETE ON open_cells
WHEN OLD.bets > 0 AND NOT EXISTS (SELECT 1 FROM settled_cells
  WHERE cell_no = OLD.cell_no AND rules_no = OLD.rules_no)
BEGIN SELECT RAISE(ABORT, 'a bet is open until it is settled'); END;

-- The transfers that are not a bet's stake or reserve.
CREATE TABLE transfers (
  seq INTEGER PRIMARY KEY,
  code TEXT NOT NULL CHECK (code IN ('funding', 'grant', 'payout', 'forfeit', 'refund', 'release')),
  from_no INTEGER NOT NULL REFERENCES accounts (no),
  to_no INTEGER NOT NULL REFERENCES accounts (no),
  amount_micros INTEGER NOT NULL CHECK (amount_micros BETWEEN 1 AND 9007199254740991),
  -- The bet, cell or wallet the transfer is for; null if it is the bet of that number.
  ref TEXT,
  -- The number of the bet, if it settles it alone.
  bet_seq INTEGER,
  -- The number of the settled cell that it closes, for a bet in it or for the house.
  cell_seq INTEGER,
  -- The tick it was booked at; 0 before the first.
  tick_seq INTEGER NOT NULL CHECK (tick_seq >= 0),
  CHECK (from_no <> to_no),
  CHECK (ref IS NOT NULL OR bet_seq IS NOT NULL),
  CHECK (CASE WHEN code IN ('funding', 'grant') THEN bet_seq IS NULL AND cell_seq IS NULL
              ELSE from_no = 3 AND (bet_seq IS NULL) <> (cell_seq IS NULL) END)
) STRICT;

INSERT INTO transfers
  SELECT t.seq, code, f.no, o.no, amount_micros, CASE WHEN bet_seq IS NULL THEN ref END, bet_seq, cell_seq,
    tick_seq
  FROM transfers_1 AS t JOIN accounts AS f ON f.name = t.from_account
    JOIN accounts AS o ON o.name = t.to_account
  WHERE code NOT IN ('stake', 'reserve') ORDER BY t.seq;

-- All of them, with names.
CREATE VIEW booked_transfers AS
  SELECT t.seq, t.code, f.name AS from_account, o.name AS to_account, t.amount_micros,
    coalesce(t.ref, (SELECT id FROM accepted_bets WHERE seq = t.bet_seq)) AS ref, t.bet_seq, t.cell_seq,
    t.tick_seq
  FROM transfers AS t JOIN accounts AS f ON f.no = t.from_no JOIN accounts AS o ON o.no = t.to_no
  UNION ALL
  SELECT b.transfer_seq, 'stake', a.name, 'escrow', b.stake_micros, b.id, b.seq, NULL, b.tick_seq
  FROM accepted_bets AS b JOIN accounts AS a ON a.no = b.wallet_no
  UNION ALL
  SELECT transfer_seq + 1, 'reserve', 'house', 'escrow', payout_micros - stake_micros, id, seq, NULL,
    tick_seq
  FROM accepted_bets WHERE payout_micros > stake_micros;

-- What is closed is closed as it was settled: paid if won, forfeited if lost, refunded and released if void;
-- to wallets that hold a bet on the cell, and to the house what is its.
CREATE TRIGGER transfers_close_what_is_settled BEFORE INSERT ON transfers
WHEN NEW.bet_seq IS NOT NULL AND NEW.code IN ('payout', 'forfeit', 'refund', 'release')
  AND NOT EXISTS (SELECT 1 FROM settlements WHERE bet_seq = NEW.bet_seq
    AND status = CASE NEW.code WHEN 'payout' THEN 'won' WHEN 'forfeit' THEN 'lost' ELSE 'void' END)
BEGIN SELECT RAISE(ABORT, 'a bet is closed as it was settled'); END;
CREATE TRIGGER transfers_close_settled_cells BEFORE INSERT ON transfers
WHEN NEW.cell_seq IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM settled_cells AS c WHERE c.seq = NEW.cell_seq AND CASE NEW.code
    WHEN 'forfeit' THEN c.status = 'lost' AND NEW.to_no = 2 AND NEW.amount_micros = c.payout_micros
    WHEN 'release' THEN c.status = 'void' AND NEW.to_no = 2
      AND NEW.amount_micros = c.payout_micros - c.stake_micros
    ELSE c.status = CASE NEW.code WHEN 'payout' THEN 'won' ELSE 'void' END
      AND EXISTS (SELECT 1 FROM accepted_bets AS b
        WHERE b.cell_no = c.cell_no AND b.wallet_no = NEW.to_no AND b.rules_no = c.rules_no
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE bet_seq = b.seq))
    END)
BEGIN SELECT RAISE(ABORT, 'a bet is closed as it was settled'); END;
CREATE TRIGGER transfers_are_never_changed BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfers_are_never_deleted BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

-- What the cells of a commit held has left escrow with it, all of it.
CREATE TRIGGER commits_close_whole_cells BEFORE INSERT ON commits
WHEN EXISTS (SELECT 1 FROM settled_cells AS c
  WHERE c.seq > coalesce((SELECT cell_seq FROM commits ORDER BY seq DESC LIMIT 1), 0)
    AND c.payout_micros <> (SELECT coalesce(sum(amount_micros), 0) FROM transfers WHERE cell_seq = c.seq))
BEGIN SELECT RAISE(ABORT, 'a cell gives out what it holds'); END;

-- What every request was answered, for ever, in the order of answering: the same key and body get the same
-- answer. Keys come in any order: they are found by a short hash, so that their index stays small.
CREATE TABLE requests (
  seq INTEGER PRIMARY KEY,
  -- The first 48 bits of SHA-256 of `wallet|idempotency_key`.
  key_hash INTEGER NOT NULL,
  wallet TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  -- SHA-256 of the canonical body.
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  -- The bet it was answered with, as it was accepted.
  bet_seq INTEGER REFERENCES accepted_bets (seq),
  -- JSON of any other outcome, and of those from before bets were referred to.
  answer TEXT,
  CHECK ((bet_seq IS NULL) <> (answer IS NULL))
) STRICT;

INSERT INTO requests (seq, key_hash, wallet, idempotency_key, fingerprint, answer)
  SELECT seq, request_hash(wallet, idempotency_key), wallet, idempotency_key, unhex(fingerprint), answer
  FROM requests_1 ORDER BY seq;

CREATE INDEX requests_by_key ON requests (key_hash);
CREATE TRIGGER requests_are_answered_once BEFORE INSERT ON requests
WHEN EXISTS (SELECT 1 FROM requests WHERE key_hash = NEW.key_hash
  AND wallet = NEW.wallet AND idempotency_key = NEW.idempotency_key)
BEGIN SELECT RAISE(ABORT, 'a request is answered once'); END;

DROP TABLE requests_1;
DROP TABLE transfers_1;
DROP TABLE settled_cells_1;
DROP TABLE open_cells_1;
DROP TABLE accepted_bets_1;
DROP TABLE accounts_1;

CREATE UNIQUE INDEX transfers_once ON transfers (ref, code) WHERE bet_seq IS NULL AND cell_seq IS NULL;
CREATE UNIQUE INDEX transfers_once_per_bet ON transfers (bet_seq, code) WHERE bet_seq IS NOT NULL;
-- A wallet has one bet on a cell.
CREATE UNIQUE INDEX transfers_once_per_holder ON transfers (cell_seq, to_no) WHERE cell_seq IS NOT NULL;

CREATE TRIGGER answers_are_never_changed BEFORE UPDATE ON requests
BEGIN SELECT RAISE(ABORT, 'an answer is kept for ever'); END;
CREATE TRIGGER answers_are_never_deleted BEFORE DELETE ON requests
BEGIN SELECT RAISE(ABORT, 'an answer is kept for ever'); END;
