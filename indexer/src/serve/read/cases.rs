//! What the page of one case shows beside the case, whose ballots are in it: its timeline.

use super::resource::Lookup;

/// By the case's address. Three juries of many chairs, each with three steps, are fewer than 1,000 events.
pub const LOOKUP: Lookup = Lookup {
    row: "SELECT json, slot FROM case_pages WHERE address = $1",
    parts: &[(
        "timeline",
        "(SELECT coalesce(jsonb_agg(e.json ORDER BY e.slot, e.id), '[]') FROM (
            SELECT slot, id, json FROM event_rows WHERE of_case = $1 ORDER BY slot, id LIMIT 1000) e)",
        r##"{"type": "array", "items": {"$ref": "#/components/schemas/Event"}}"##,
    )],
    newest: "greatest(o.slot, (SELECT max(slot) FROM ballots WHERE of_case = $1),
        (SELECT max(slot) FROM events WHERE data ->> 'case' = $1))",
};
