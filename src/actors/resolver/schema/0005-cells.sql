-- Bets are settled by the cell: all open bets on a cell under the same rules share their outcome, so that is
-- written once for all of them, with one transfer for what goes to the house. Only what goes to wallets is a
-- row per bet.
--
-- `settlements` keeps the bets that were settled one by one: those an operator voided, and all from before.

-- Cells with open bets, kept by the database itself. Edges that are open are -1 in both tables of cells.
CREATE TABLE open_cells (
  opens_at_ms INTEGER NOT NULL,
  closes_at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  low_cents INTEGER NOT NULL,
  high_cents INTEGER NOT NULL,
  symbol TEXT NOT NULL,
  max_gap_ms INTEGER NOT NULL,
  max_degraded_fraction REAL NOT NULL,
  -- The oldest of its bets, open or not.
  first_bet_seq INTEGER NOT NULL,
  -- Of the open ones: how many, and what they stake and may be paid.
  bets INTEGER NOT NULL CHECK (bets >= 0),
  stake_micros INTEGER NOT NULL CHECK (stake_micros BETWEEN 0 AND 9007199254740991),
  payout_micros INTEGER NOT NULL CHECK (payout_micros BETWEEN stake_micros AND 9007199254740991),
  -- Of the newest: only a later tick settles the cell.
  accepted_seq INTEGER NOT NULL,
  accepted_at_ms INTEGER NOT NULL,
  PRIMARY KEY (opens_at_ms, closes_at_ms, kind, low_cents, high_cents, symbol, max_gap_ms,
    max_degraded_fraction)
) STRICT, WITHOUT ROWID;

INSERT INTO open_cells
  SELECT opens_at_ms, closes_at_ms, kind, coalesce(low_cents, -1), coalesce(high_cents, -1), symbol,
    max_gap_ms, max_degraded_fraction, min(seq), count(*), sum(stake_micros), sum(payout_micros),
    max(b.accepted_seq), max(b.accepted_at_ms)
  FROM open_bets JOIN accepted_bets AS b ON b.seq = bet_seq GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

CREATE TABLE settled_cells (
  -- The order of settling.
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  opens_at_ms INTEGER NOT NULL,
  closes_at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  low_cents INTEGER NOT NULL,
  high_cents INTEGER NOT NULL,
  symbol TEXT NOT NULL,
  max_gap_ms INTEGER NOT NULL,
  max_degraded_fraction REAL NOT NULL,
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
  UNIQUE (opens_at_ms, closes_at_ms, kind, low_cents, high_cents, symbol, max_gap_ms, max_degraded_fraction)
) STRICT;

CREATE INDEX settled_cells_by_tick ON settled_cells (settled_seq);

DROP VIEW bets;
DROP TRIGGER bets_open;
DROP TRIGGER bets_settle_once;
DROP TRIGGER bets_close;
DROP TABLE open_bets;

CREATE VIEW bets AS
  SELECT b.*, coalesce(s.status, c.status, 'open') AS status, coalesce(s.reason, c.reason) AS reason,
    coalesce(s.settled_seq, c.settled_seq) AS settled_seq,
    coalesce(s.settled_at_ms, c.settled_at_ms) AS settled_at_ms,
    coalesce(s.near_cents, c.near_cents) AS near_cents, coalesce(s.near_at_ms, c.near_at_ms) AS near_at_ms,
    coalesce(s.near_seq, c.near_seq) AS near_seq, c.seq AS cell_seq
  FROM accepted_bets AS b LEFT JOIN settlements AS s ON s.bet_seq = b.seq
    LEFT JOIN settled_cells AS c ON s.bet_seq IS NULL
      AND c.opens_at_ms = b.opens_at_ms AND c.closes_at_ms = b.closes_at_ms AND c.kind = b.kind
      AND c.low_cents = coalesce(b.low_cents, -1) AND c.high_cents = coalesce(b.high_cents, -1)
      AND c.symbol = b.symbol AND c.max_gap_ms = b.max_gap_ms
      AND c.max_degraded_fraction = b.max_degraded_fraction;

-- A bet opens its cell, which must not be settled.
CREATE TRIGGER bets_open AFTER INSERT ON accepted_bets
BEGIN
  SELECT RAISE(ABORT, 'the cell is settled already') FROM settled_cells
  WHERE opens_at_ms = NEW.opens_at_ms AND closes_at_ms = NEW.closes_at_ms AND kind = NEW.kind
    AND low_cents = coalesce(NEW.low_cents, -1) AND high_cents = coalesce(NEW.high_cents, -1)
    AND symbol = NEW.symbol AND max_gap_ms = NEW.max_gap_ms
    AND max_degraded_fraction = NEW.max_degraded_fraction;
  INSERT INTO open_cells VALUES (NEW.opens_at_ms, NEW.closes_at_ms, NEW.kind, coalesce(NEW.low_cents, -1),
    coalesce(NEW.high_cents, -1), NEW.symbol, NEW.max_gap_ms, NEW.max_degraded_fraction, NEW.seq, 1,
    NEW.stake_micros, NEW.payout_micros, NEW.accepted_seq, NEW.accepted_at_ms)
  ON CONFLICT DO UPDATE SET bets = bets + 1, stake_micros = stake_micros + NEW.stake_micros,
    payout_micros = payout_micros + NEW.payout_micros, accepted_seq = max(accepted_seq, NEW.accepted_seq),
    accepted_at_ms = max(accepted_at_ms, NEW.accepted_at_ms);
END;

-- A cell is settled once, by a later tick, and with all of its open bets.
CREATE TRIGGER cells_settle_once BEFORE INSERT ON settled_cells
WHEN NOT EXISTS (SELECT 1 FROM open_cells
  WHERE opens_at_ms = NEW.opens_at_ms AND closes_at_ms = NEW.closes_at_ms AND kind = NEW.kind
    AND low_cents = NEW.low_cents AND high_cents = NEW.high_cents AND symbol = NEW.symbol
    AND max_gap_ms = NEW.max_gap_ms AND max_degraded_fraction = NEW.max_degraded_fraction
    AND bets = NEW.bets AND stake_micros = NEW.stake_micros AND payout_micros = NEW.payout_micros
    AND accepted_seq < NEW.settled_seq AND accepted_at_ms < NEW.settled_at_ms)
BEGIN SELECT RAISE(ABORT, 'cell is not open with these bets, is settled already, or not by a later tick'); END;
CREATE TRIGGER cells_close AFTER INSERT ON settled_cells
BEGIN
  DELETE FROM open_cells
  WHERE opens_at_ms = NEW.opens_at_ms AND closes_at_ms = NEW.closes_at_ms AND kind = NEW.kind
    AND low_cents = NEW.low_cents AND high_cents = NEW.high_cents AND symbol = NEW.symbol
    AND max_gap_ms = NEW.max_gap_ms AND max_degraded_fraction = NEW.max_degraded_fraction;
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
  WHERE b.seq = NEW.bet_seq
    AND open_cells.opens_at_ms = b.opens_at_ms AND open_cells.closes_at_ms = b.closes_at_ms
    AND open_cells.kind = b.kind AND open_cells.low_cents = coalesce(b.low_cents, -1)
    AND open_cells.high_cents = coalesce(b.high_cents, -1) AND open_cells.symbol = b.symbol
    AND open_cells.max_gap_ms = b.max_gap_ms
    AND open_cells.max_degraded_fraction = b.max_degraded_fraction;
  DELETE FROM open_cells WHERE bets = 0 AND opens_at_ms =
    (SELECT opens_at_ms FROM accepted_bets WHERE seq = NEW.bet_seq);
END;

-- A bet comes or goes, and with it its money; nothing else of an open cell changes, nor does it wait less.
CREATE TRIGGER open_cells_stay_what_they_are BEFORE UPDATE ON open_cells
WHEN abs(NEW.bets - OLD.bets) <> 1
  OR (NEW.bets > OLD.bets) <> (NEW.stake_micros > OLD.stake_micros)
  OR (NEW.bets > OLD.bets) <> (NEW.payout_micros > OLD.payout_micros)
  OR NEW.accepted_seq < OLD.accepted_seq OR NEW.accepted_at_ms < OLD.accepted_at_ms
  OR NEW.first_bet_seq <> OLD.first_bet_seq
  OR NEW.opens_at_ms <> OLD.opens_at_ms OR NEW.closes_at_ms <> OLD.closes_at_ms OR NEW.kind <> OLD.kind
  OR NEW.low_cents <> OLD.low_cents OR NEW.high_cents <> OLD.high_cents OR NEW.symbol <> OLD.symbol
  OR NEW.max_gap_ms <> OLD.max_gap_ms OR NEW.max_degraded_fraction <> OLD.max_degraded_fraction
BEGIN SELECT RAISE(ABORT, 'the terms of a bet are frozen'); END;
CREATE TRIGGER open_cells_close_by_settlement BEFORE DELETE ON open_cells
WHEN OLD.bets > 0 AND NOT EXISTS (SELECT 1 FROM settled_cells
  WHERE opens_at_ms = OLD.opens_at_ms AND closes_at_ms = OLD.closes_at_ms AND kind = OLD.kind
    AND low_cents = OLD.low_cents AND high_cents = OLD.high_cents AND symbol = OLD.symbol
    AND max_gap_ms = OLD.max_gap_ms AND max_degraded_fraction = OLD.max_degraded_fraction)
BEGIN SELECT RAISE(ABORT, 'a bet is open until it is settled'); END;

-- The same transfers, those that close bets by the number of their cell.
DROP TRIGGER transfers_are_never_changed;
DROP TRIGGER transfers_are_never_deleted;
DROP TRIGGER transfers_close_what_is_settled;
DROP INDEX transfers_once;
DROP INDEX transfers_once_per_bet;
ALTER TABLE transfers RENAME TO transfers_2;

CREATE TABLE transfers (
  seq INTEGER PRIMARY KEY,
  code TEXT NOT NULL
    CHECK (code IN ('funding', 'grant', 'stake', 'reserve', 'payout', 'forfeit', 'refund', 'release')),
  from_account TEXT NOT NULL REFERENCES accounts (name),
  to_account TEXT NOT NULL REFERENCES accounts (name),
  amount_micros INTEGER NOT NULL CHECK (amount_micros BETWEEN 1 AND 9007199254740991),
  -- The bet, cell or wallet the transfer is for.
  ref TEXT NOT NULL,
  -- The number of that bet, if it opens it or settles it alone.
  bet_seq INTEGER,
  -- The number of the settled cell that it closes, for a bet in it or for the house.
  cell_seq INTEGER,
  -- The tick it was booked at; 0 before the first.
  tick_seq INTEGER NOT NULL CHECK (tick_seq >= 0),
  CHECK (from_account <> to_account),
  CHECK (CASE WHEN code IN ('funding', 'grant') THEN bet_seq IS NULL AND cell_seq IS NULL
              WHEN code IN ('stake', 'reserve') THEN bet_seq IS NOT NULL AND cell_seq IS NULL
              ELSE from_account = 'escrow' AND (bet_seq IS NULL) <> (cell_seq IS NULL) END)
) STRICT;

INSERT INTO transfers
  SELECT seq, code, from_account, to_account, amount_micros, ref, bet_seq, NULL, tick_seq
  FROM transfers_2 ORDER BY seq;
DROP TABLE transfers_2;

CREATE UNIQUE INDEX transfers_once ON transfers (ref, code) WHERE bet_seq IS NULL AND cell_seq IS NULL;
CREATE UNIQUE INDEX transfers_once_per_bet ON transfers (bet_seq, code) WHERE bet_seq IS NOT NULL;
-- A wallet has one bet on a cell.
CREATE UNIQUE INDEX transfers_once_per_holder ON transfers (cell_seq, to_account) WHERE cell_seq IS NOT NULL;

-- What is closed is closed as it was settled: paid if won, forfeited if lost, refunded and released if void;
-- to wallets that hold a bet on the cell, and to the house what is its. The + takes the type off a column, as
-- the index on expressions has none.
CREATE TRIGGER transfers_close_what_is_settled BEFORE INSERT ON transfers
WHEN NEW.bet_seq IS NOT NULL AND NEW.code IN ('payout', 'forfeit', 'refund', 'release')
  AND NOT EXISTS (SELECT 1 FROM settlements WHERE bet_seq = NEW.bet_seq
    AND status = CASE NEW.code WHEN 'payout' THEN 'won' WHEN 'forfeit' THEN 'lost' ELSE 'void' END)
BEGIN SELECT RAISE(ABORT, 'a bet is closed as it was settled'); END;
CREATE TRIGGER transfers_close_settled_cells BEFORE INSERT ON transfers
WHEN NEW.cell_seq IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM settled_cells AS c WHERE c.seq = NEW.cell_seq AND CASE NEW.code
    WHEN 'forfeit' THEN c.status = 'lost' AND NEW.to_account = 'house' AND NEW.amount_micros = c.payout_micros
    WHEN 'release' THEN c.status = 'void' AND NEW.to_account = 'house'
      AND NEW.amount_micros = c.payout_micros - c.stake_micros
    ELSE c.status = CASE NEW.code WHEN 'payout' THEN 'won' ELSE 'void' END
      AND EXISTS (SELECT 1 FROM accepted_bets AS b
        WHERE b.opens_at_ms = c.opens_at_ms AND b.closes_at_ms = c.closes_at_ms AND b.kind = c.kind
          AND coalesce(b.low_cents, -1) = +c.low_cents AND coalesce(b.high_cents, -1) = +c.high_cents
          AND b.wallet = substr(NEW.to_account, 8) AND b.symbol = c.symbol
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE bet_seq = b.seq))
    END)
BEGIN SELECT RAISE(ABORT, 'a bet is closed as it was settled'); END;
CREATE TRIGGER transfers_are_never_changed BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfers_are_never_deleted BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

-- Where a commit ends among the settled cells. What its cells held has left escrow with it, all of it.
ALTER TABLE commits ADD COLUMN cell_seq INTEGER NOT NULL DEFAULT 0 CHECK (cell_seq >= 0);

CREATE TRIGGER commits_close_whole_cells BEFORE INSERT ON commits
WHEN EXISTS (SELECT 1 FROM settled_cells AS c
  WHERE c.seq > coalesce((SELECT cell_seq FROM commits ORDER BY seq DESC LIMIT 1), 0)
    AND c.payout_micros <> (SELECT coalesce(sum(amount_micros), 0) FROM transfers WHERE cell_seq = c.seq))
BEGIN SELECT RAISE(ABORT, 'a cell gives out what it holds'); END;
