//! What the page of one job shows beside the job: seats, round, cases, payment mint and timeline.

use super::resource::Lookup;

/// By the job's address. The timeline has 1,000 events at most: a job of seven replicas has well under a hundred unless
/// ghosts haunt it.
pub const LOOKUP: Lookup = Lookup {
    row: "SELECT json, slot FROM job_rows WHERE address = $1",
    parts: &[
        (
            "seats",
            "(SELECT coalesce(jsonb_agg(s.json ORDER BY s.index, s.address), '[]') FROM seat_rows s WHERE s.job = $1)",
            r##"{"type": "array", "items": {"$ref": "#/components/schemas/Seat"}}"##,
        ),
        (
            "round",
            "(SELECT x.json FROM rounds r JOIN round_rows x USING (address) WHERE r.job = $1
                ORDER BY r.closed_slot DESC NULLS FIRST LIMIT 1)",
            r##"{"anyOf": [{"$ref": "#/components/schemas/Round"}, {"type": "null"}]}"##,
        ),
        (
            "cases",
            "(SELECT coalesce(jsonb_agg(c.json ORDER BY c.opened_slot, c.address), '[]') FROM case_pages c WHERE c.job = $1)",
            r##"{"type": "array", "items": {"$ref": "#/components/schemas/Case"}}"##,
        ),
        (
            "mint",
            "(SELECT m.json FROM mint_rows m WHERE m.mint = o.json ->> 'mint' AND m.closed_slot IS NULL LIMIT 1)",
            r##"{"anyOf": [{"$ref": "#/components/schemas/PaymentMint"}, {"type": "null"}]}"##,
        ),
        (
            "timeline",
            // What happens in a case names the case, and not always its job.
            "(SELECT coalesce(jsonb_agg(e.json ORDER BY e.slot, e.id), '[]') FROM (
                SELECT slot, id, json FROM event_rows WHERE job = $1
                UNION ALL
                SELECT e.slot, e.id, e.json FROM cases c JOIN event_rows e ON e.of_case = c.address
                WHERE c.job = $1 AND e.job IS DISTINCT FROM $1
                ORDER BY slot, id LIMIT 1000) e)",
            r##"{"type": "array", "items": {"$ref": "#/components/schemas/Event"}}"##,
        ),
    ],
    newest:
        "greatest(o.slot, (SELECT max(slot) FROM seats WHERE job = $1), (SELECT max(slot) FROM rounds WHERE job = $1),
        (SELECT max(slot) FROM cases WHERE job = $1), (SELECT max(slot) FROM events WHERE job = $1))",
};
