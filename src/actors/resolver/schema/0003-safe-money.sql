-- A chain over everything that moved money, what operators did and which limits wallets set for themselves.
CREATE TABLE ledger_chain (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- Which ledger it is: the chain begins with its name.
  ledger_id TEXT NOT NULL
) STRICT;

INSERT INTO ledger_chain (id, ledger_id) VALUES (1, lower(hex(randomblob(16))));

CREATE TRIGGER the_chain_keeps_its_name BEFORE UPDATE ON ledger_chain
BEGIN SELECT RAISE(ABORT, 'a ledger keeps its name'); END;

-- One row for each commit that booked something: where it ends in each table, and the hash up to there.
CREATE TABLE commits (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  transfer_seq INTEGER NOT NULL CHECK (transfer_seq >= 0),
  action_seq INTEGER NOT NULL CHECK (action_seq >= 0),
  limit_seq INTEGER NOT NULL CHECK (limit_seq >= 0),
  -- How many requests are answered, in all.
  answers INTEGER NOT NULL CHECK (answers >= 0),
  -- SHA-256 of the hash before and what this commit wrote.
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER commits_have_no_hole BEFORE INSERT ON commits
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM commits)
BEGIN SELECT RAISE(ABORT, 'commits are numbered without a hole'); END;
CREATE TRIGGER commits_are_never_changed BEFORE UPDATE ON commits
BEGIN SELECT RAISE(ABORT, 'commits are append-only'); END;
CREATE TRIGGER commits_are_never_deleted BEFORE DELETE ON commits
BEGIN SELECT RAISE(ABORT, 'commits are append-only'); END;

-- What operators did. Nothing here sets a price or an outcome.
CREATE TABLE operator_actions (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  -- The operator's own name for the command: sent twice, it is done once.
  id TEXT NOT NULL UNIQUE,
  at_ms INTEGER NOT NULL,
  tick_seq INTEGER NOT NULL CHECK (tick_seq >= 0),
  actor TEXT NOT NULL CHECK (length(actor) > 0),
  action TEXT NOT NULL CHECK (action IN ('pause', 'resume', 'void', 'accept-rollback')),
  -- What it was done to: a bet, a column; empty for all of the market.
  target TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (length(reason) > 0),
  -- Bets it voided.
  bets INTEGER NOT NULL CHECK (bets >= 0)
) STRICT;

CREATE TRIGGER operator_actions_are_never_changed BEFORE UPDATE ON operator_actions
BEGIN SELECT RAISE(ABORT, 'what operators did is kept'); END;
CREATE TRIGGER operator_actions_are_never_deleted BEFORE DELETE ON operator_actions
BEGIN SELECT RAISE(ABORT, 'what operators did is kept'); END;

-- The limits a wallet set for itself, as they were after each change; the last row of a wallet counts.
CREATE TABLE self_limits (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  wallet TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  -- JSON: what holds now, and what will from when.
  limits TEXT NOT NULL
) STRICT;

CREATE INDEX self_limits_of_wallet ON self_limits (wallet, seq);

CREATE TRIGGER self_limits_are_never_changed BEFORE UPDATE ON self_limits
BEGIN SELECT RAISE(ABORT, 'limits are changed by new ones'); END;
CREATE TRIGGER self_limits_are_never_deleted BEFORE DELETE ON self_limits
BEGIN SELECT RAISE(ABORT, 'limits are changed by new ones'); END;
