-- Jobs whose funds run low: $1 now, $2 the horizon; unix seconds.
--
-- A vault is never short: a job is posted with the price of every seat that its strategy may ever ask for (`owed`), and
-- programs keep it so. Two things can be too little. The price, if half of a job's time is over and nobody has come for
-- less than is usual: while it has no seat, its requester can top it up. And the lamports for whoever carries it on
-- (bounties): they cover each draw once, and ghosts make it draw again; anybody can send the job more.
WITH usual AS MATERIALIZED (
    SELECT mint, class, percentile_disc(0.5) WITHIN GROUP (ORDER BY per_unit) AS per_unit
    FROM (
        SELECT mint, data ->> 'class' AS class, div((data ->> 'seat_price')::numeric, (data ->> 'units')::numeric) AS per_unit
        FROM jobs WHERE state = 'Settled' AND (data ->> 'units')::numeric > 0 AND data ->> 'seat_price' IS NOT NULL
        ORDER BY posted_at DESC LIMIT 2000
    ) settled GROUP BY mint, class
),
redrawn AS (
    SELECT DISTINCT job FROM (
        SELECT job FROM events WHERE kind = 'DrawRearmed' ORDER BY id DESC LIMIT 1000
    ) latest WHERE job IS NOT NULL
),
found AS (
    SELECT j.address, (j.data ->> 'seal_by')::bigint AS deadline, j.requester, jsonb_build_object('reason', 'price',
        'price_per_unit', div((j.data ->> 'seat_price')::numeric, (j.data ->> 'units')::numeric)::text,
        'usual_per_unit', u.per_unit::text, 'mint', j.mint, 'can_top_up', true) AS more
    FROM jobs j JOIN usual u ON u.mint = j.mint AND u.class = j.data ->> 'class'
    WHERE j.closed_slot IS NULL AND j.state = 'Open' AND (j.data ->> 'seats')::int = 0
        AND (j.data ->> 'seal_by')::bigint BETWEEN $1 AND $1 + $2
        AND $1 >= j.posted_at + ((j.data ->> 'seal_by')::bigint - j.posted_at) / 2
        AND (j.data ->> 'seat_price')::numeric < u.per_unit * (j.data ->> 'units')::numeric
    UNION ALL
    SELECT j.address, j.posted_at, j.requester, jsonb_build_object('reason', 'bounties', 'left_lamports', l.left_over::text,
        'needed_lamports', l.needed::text, 'send_to', j.address, 'can_top_up', true)
    FROM redrawn d JOIN jobs j ON j.address = d.job AND j.closed_slot IS NULL AND j.state IN ('Open', 'Seated')
    CROSS JOIN LATERAL (
        -- Draws and counts are paid if whoever sends them asks for it: rather told for nothing than not told.
        SELECT count(*) FILTER (WHERE kind IN ('SeedDrawn', 'RecheckDrawn', 'RoundWidened')) AS cranks,
            coalesce(sum((data ->> 'bounty')::numeric) FILTER (WHERE kind = 'SeatSettled'), 0) AS settled
        FROM events e WHERE e.job = j.address AND e.time >= to_timestamp(j.posted_at)
    ) used
    CROSS JOIN LATERAL (
        SELECT greatest(0, (j.data ->> 'bounty')::numeric * (job_cranks(j.data -> 'strategy') - used.cranks)
                - used.settled) AS left_over,
            -- One more draw, the verdict, a settlement for each seat that is asked for, the closing.
            (j.data ->> 'bounty')::numeric * ((j.data ->> 'replicas')::int + 3) AS needed
    ) l
    WHERE l.left_over < l.needed
)
SELECT 'funds_low' AS kind, address AS object, deadline, address AS job, ARRAY[requester] AS parties,
    more || jsonb_build_object('job', address, 'requester', requester) AS data
FROM found
WHERE NOT EXISTS (SELECT FROM notices n WHERE (n.kind, n.object, n.deadline) = ('funds_low', found.address, found.deadline))
ORDER BY deadline, object
