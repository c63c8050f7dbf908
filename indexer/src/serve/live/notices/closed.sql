-- Jobs that were closed, and why: $1 now, events with $2 < id <= $3. What is older than a day is history that is being
-- read in, not news.
SELECT 'job_closed' AS kind, e.job AS object, coalesce((l.last ->> 'ended_at')::bigint, 0) AS deadline, e.job,
    ARRAY[l.last ->> 'requester'] || ARRAY(
        SELECT DISTINCT s.operator FROM events s WHERE s.job = e.job AND s.kind = 'SeatClaimed' AND s.id < e.id
            AND s.time >= to_timestamp((l.last ->> 'posted_at')::bigint) ORDER BY 1) AS parties,
    jsonb_build_object('job', e.job, 'requester', l.last ->> 'requester', 'state', l.last ->> 'state',
        'reason', r.reason, 'text', CASE r.reason
            WHEN 'settled' THEN 'its result was found right, and every seat is paid or slashed'
            WHEN 'cancelled' THEN 'its requester took it back'
            WHEN 'expired' THEN 'its time ran out and nobody had a seat'
            WHEN 'convicted' THEN 'a jury found what was delivered wrong: the requester has its payment back'
            WHEN 'unresolved' THEN 'no result was found right: the requester has its payment back'
        END, 'winners', l.last -> 'winners', 'losers', l.last -> 'losers', 'root', l.last -> 'root',
        'ended_at', l.last -> 'ended_at', 'paid', p.paid::text, 'refunded', p.refunded::text, 'event', e.id::text) AS data
FROM events e
CROSS JOIN LATERAL (SELECT e.data -> 'last' AS last) l
CROSS JOIN LATERAL (SELECT CASE
    WHEN l.last ->> 'state' = 'Settled' THEN 'settled'
    WHEN l.last ->> 'state' = 'Cancelled' THEN 'cancelled'
    WHEN l.last ->> 'state' = 'Expired' THEN 'expired'
    WHEN (l.last ->> 'losers')::int <> 0 AND l.last -> 'strategy' ?| '{Accepted,Optimistic}' THEN 'convicted'
    ELSE 'unresolved'
END AS reason) r
CROSS JOIN LATERAL (
    SELECT coalesce(sum((data ->> 'paid')::numeric) FILTER (WHERE kind IN ('SeatSettled', 'MilestoneReleased')), 0) AS paid,
        coalesce(sum((data ->> 'amount')::numeric) FILTER (WHERE kind = 'JobRefunded'), 0) AS refunded
    FROM events m WHERE m.job = e.job AND m.id <= e.id AND m.time >= to_timestamp((l.last ->> 'posted_at')::bigint)
) p
WHERE e.kind = 'JobClosed' AND e.program = 'escrow' AND e.id > $2 AND e.id <= $3
    AND e.time >= to_timestamp($1 - 86400) AND e.job IS NOT NULL
    AND NOT EXISTS (SELECT FROM notices n
        WHERE (n.kind, n.object, n.deadline) = ('job_closed', e.job, coalesce((l.last ->> 'ended_at')::bigint, 0)))
ORDER BY e.id
