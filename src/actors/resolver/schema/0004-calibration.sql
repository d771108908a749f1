-- The chance to win that a bet was priced with, so that what was implied can be held against what came true.
-- Not one of its terms: nothing is settled by it. Null of older bets.
ALTER TABLE accepted_bets ADD COLUMN probability REAL CHECK (probability BETWEEN 0 AND 1);

-- What the odds stand on, as of a tick: volatility, its correction, how cells turned out. One row, replaced
-- about once a minute; what came after it follows from the tick log. No money depends on it: if it is lost,
-- the odds begin anew from the fitted prior.
CREATE TABLE odds_snapshot (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  tick_seq INTEGER NOT NULL CHECK (tick_seq > 0),
  -- msgpack.
  snapshot BLOB NOT NULL
) STRICT;
