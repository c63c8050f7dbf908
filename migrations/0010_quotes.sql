-- What price quotes look up: machines that take work, cheapest first; the pools and open seats of their operators; and
-- the last settled jobs of a class and mint.
CREATE INDEX quotes_devices ON devices (((data ->> 'price_floor')::numeric), address)
    WHERE closed_slot IS NULL AND (data ->> 'available')::boolean;
CREATE INDEX quotes_pools ON pools (operator) WHERE closed_slot IS NULL;
CREATE INDEX quotes_seats ON seats (operator) WHERE closed_slot IS NULL;
CREATE INDEX quotes_jobs ON jobs (((data ->> 'class')::int), mint, ((data ->> 'ended_at')::bigint) DESC)
    WHERE state = 'Settled';
