-- The greatest id of the stream that retention has dropped: who has less of it must be told that there is a hole. The
-- least id that is left does not say it: ids are drawn that are never used.
ALTER TABLE watermark ADD COLUMN forgotten bigint NOT NULL DEFAULT 0;
UPDATE watermark SET forgotten = coalesce(
    (SELECT min(id) FROM (SELECT id FROM events UNION ALL SELECT id FROM retractions UNION ALL SELECT id FROM notices) s) - 1, 0)
WHERE EXISTS (SELECT FROM event_partitions HAVING min(coalesce(low, 0)) > 0);

-- Whom the dropped events named goes with them.
DROP FUNCTION prune_parties();
