-- Deadlines that are near: $1 now, $2 seconds before each (null: a quarter of its window), $3 never more than that.
-- Times are unix seconds. What was told is left out, so that no ids are drawn for it.
WITH due AS (
    -- A seat that has brought nothing yet.
    SELECT s.address AS object, (s.data ->> 'seal_by')::bigint AS deadline, (j.data ->> 'seal_window')::bigint AS span,
        s.job, ARRAY[s.operator] AS parties, CASE
            WHEN j.data -> 'strategy' ?| '{Accepted,Optimistic}' THEN 'deliver'
            WHEN j.data -> 'strategy' ? 'Proven' THEN 'prove'
            WHEN j.data -> 'strategy' ? 'Attested' THEN 'attest'
            ELSE 'seal'
        END AS what, jsonb_build_object('seat', s.address, 'operator', s.operator) AS more
    FROM seats s JOIN jobs j ON j.address = s.job AND j.closed_slot IS NULL AND j.state IN ('Open', 'Seated')
    WHERE s.closed_slot IS NULL AND s.data ->> 'state' = 'Claimed'
        AND (s.data ->> 'seal_by')::bigint BETWEEN $1 AND $1 + $3
    UNION ALL
    -- What was delivered: silence through the review accepts it.
    SELECT s.address, (s.data ->> 'seal_by')::bigint,
        coalesce(j.data #>> '{strategy,Accepted,window}', j.data #>> '{strategy,Optimistic,window}')::bigint,
        s.job, ARRAY[j.requester], 'review', jsonb_build_object('seat', s.address, 'operator', s.operator)
    FROM seats s JOIN jobs j ON j.address = s.job AND j.closed_slot IS NULL AND j.state IN ('Open', 'Seated')
    WHERE s.closed_slot IS NULL AND s.data ->> 'state' = 'Delivered'
        AND (s.data ->> 'seal_by')::bigint BETWEEN $1 AND $1 + $3
    UNION ALL
    -- A seal that must be revealed.
    SELECT s.address, (r.data ->> 'reveal_by')::bigint, (r.data ->> 'reveal_window')::bigint, s.job, ARRAY[s.operator],
        'reveal', jsonb_build_object('seat', s.address, 'operator', s.operator)
    FROM rounds r JOIN seats s ON s.job = r.job AND s.closed_slot IS NULL AND s.data ->> 'state' = 'Sealed'
    WHERE r.closed_slot IS NULL AND (r.data ->> 'reveal_by')::bigint BETWEEN $1 AND $1 + $3
        AND (r.data ->> 'phase' = 'Revealing' OR r.data ->> 'phase' = 'Sealing' AND (r.data ->> 'seal_by')::bigint < $1)
    UNION ALL
    -- A round that only a jury can still change.
    SELECT r.address, (r.data ->> 'reveal_by')::bigint, (r.data ->> 'reveal_window')::bigint, r.job,
        ARRAY[j.requester] || ARRAY(SELECT s.operator FROM seats s WHERE s.job = r.job AND s.closed_slot IS NULL ORDER BY 1),
        'call_jury', jsonb_build_object('round', r.address)
    FROM rounds r JOIN jobs j ON j.address = r.job AND j.closed_slot IS NULL
    WHERE r.closed_slot IS NULL AND r.data ->> 'phase' IN ('Tied', 'Auditing')
        AND (r.data ->> 'reveal_by')::bigint BETWEEN $1 AND $1 + $3
    UNION ALL
    -- A job with free seats: after this nobody may come. Without any seat it can be topped up, with more time or money.
    SELECT j.address, (j.data ->> 'seal_by')::bigint, (j.data ->> 'seal_by')::bigint - j.posted_at, j.address,
        ARRAY[j.requester], 'fill', jsonb_build_object('can_top_up', (j.data ->> 'seats')::int = 0)
    FROM jobs j
    WHERE j.closed_slot IS NULL AND j.state = 'Open' AND (j.data ->> 'seal_by')::bigint BETWEEN $1 AND $1 + $3
    UNION ALL
    -- A case: its executor answers, and whoever is a party may appeal.
    SELECT c.address, (c.data ->> 'until')::bigint,
        (c.data ->> CASE c.data ->> 'phase' WHEN 'Answering' THEN 'seal_window' ELSE 'reveal_window' END)::bigint, c.job,
        CASE c.data ->> 'phase' WHEN 'Answering' THEN ARRAY[c.data ->> 'executor']
            ELSE ARRAY[c.data ->> 'requester', c.data ->> 'opener', c.data ->> 'executor'] END,
        CASE c.data ->> 'phase' WHEN 'Answering' THEN 'answer' ELSE 'appeal' END, jsonb_build_object('case', c.address)
    FROM cases c
    WHERE c.closed_slot IS NULL AND c.data ->> 'phase' IN ('Answering', 'Resolved')
        AND (c.data ->> 'until')::bigint BETWEEN $1 AND $1 + $3
    UNION ALL
    -- A juror's seal.
    SELECT b.address, (b.data ->> 'seal_by')::bigint, (c.data ->> 'seal_window')::bigint, c.job, ARRAY[b.operator],
        'seal_ballot', jsonb_build_object('case', c.address, 'ballot', b.address, 'operator', b.operator)
    FROM ballots b JOIN cases c ON c.address = b.of_case AND c.closed_slot IS NULL AND c.data ->> 'phase' = 'Judging'
    WHERE b.closed_slot IS NULL AND b.data ->> 'state' = 'Joined'
        AND (b.data ->> 'seal_by')::bigint BETWEEN $1 AND $1 + $3
    UNION ALL
    -- And its reveal, once all have sealed or may no more.
    SELECT b.address, (c.data ->> 'until')::bigint, (c.data ->> 'reveal_window')::bigint, c.job, ARRAY[b.operator],
        'reveal_ballot', jsonb_build_object('case', c.address, 'ballot', b.address, 'operator', b.operator)
    FROM cases c JOIN ballots b ON b.of_case = c.address AND b.closed_slot IS NULL AND b.data ->> 'state' = 'Sealed'
    WHERE c.closed_slot IS NULL AND c.data ->> 'phase' = 'Judging' AND b.data ->> 'level' = c.data ->> 'level'
        AND (c.data ->> 'until')::bigint BETWEEN $1 AND $1 + $3
        AND ((c.data ->> 'sealed')::int >= (c.data ->> 'chairs')::int
            OR $1 > (c.data ->> 'until')::bigint - (c.data ->> 'reveal_window')::bigint)
)
SELECT 'deadline_near' AS kind, object, deadline, job,
    -- Nobody's address is the default one.
    array_remove(parties, '11111111111111111111111111111111') AS parties,
    more || jsonb_build_object('what', what, 'job', job, 'deadline', deadline::text) AS data
FROM due
WHERE deadline - least(coalesce($2, span / 4), $3) <= $1
    AND NOT EXISTS (SELECT FROM notices n WHERE (n.kind, n.object, n.deadline) = ('deadline_near', due.object, due.deadline))
ORDER BY deadline, object
