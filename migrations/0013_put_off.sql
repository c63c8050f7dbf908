-- Indexes that are taken away while an empty database is filled, by name and by the statement that makes them again. In
-- it within the transaction that drops an index, out of it within the one that makes it: whoever writes next, after
-- whatever ended the one before, finds what is still to be made.
CREATE TABLE put_off_indexes (name text PRIMARY KEY, statement text NOT NULL);
