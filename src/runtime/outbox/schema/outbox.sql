-- Events to be told after the commit that made them true, in the order of their commits. Old ones are pruned.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  body BLOB NOT NULL
) STRICT;

CREATE TRIGGER outbox_has_no_hole BEFORE INSERT ON outbox
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM outbox)
BEGIN SELECT RAISE(ABORT, 'outbox entries are numbered without a hole'); END;
CREATE TRIGGER outbox_keeps_its_head BEFORE DELETE ON outbox
WHEN OLD.seq = (SELECT max(seq) FROM outbox)
BEGIN SELECT RAISE(ABORT, 'the newest outbox entry is kept'); END;

-- Tells readers that it is this log and not another one with the same numbers.
CREATE TABLE outbox_log (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL
) STRICT;

INSERT INTO outbox_log (id, name) VALUES (1, lower(hex(randomblob(8))));
