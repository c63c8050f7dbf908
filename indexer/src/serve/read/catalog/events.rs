//! Events: all, those that name an address, and the token's.

use super::{
    super::resource::{Added, Filter, Kind, Lookup, Resource, Sort},
    filter, sort,
};

const PROGRAMS: &[&str] = &["token", "staking", "reputation", "escrow", "verification", "governance"];
const TRANSFERS_OF: &[&str] = &[
    "Minted",
    "Burned",
    "EpochEmitted",
    "DistributionClaimed",
    "DistributionSwept",
    "FeesCollected",
    "ReserveSwapped",
    "TreasurySpent",
];

const CHAIN_ORDER: Sort = sort("slot", "bigint", "t.slot");
const SLOT_FROM: Filter = filter(
    "slot_from",
    Kind::Amount,
    "t.slot >= least($::numeric, 9223372036854775807)::bigint",
    "In this slot or later.",
);
const SLOT_TO: Filter = filter(
    "slot_to",
    Kind::Amount,
    "t.slot <= least($::numeric, 9223372036854775807)::bigint",
    "In this slot or earlier.",
);
// The slots of the hours between come first, so that an index of slots finds the place.
macro_rules! times {
    ($before:literal, $after:literal) => {
        [
            SLOT_FROM,
            SLOT_TO,
            filter(
                "from",
                Kind::Time,
                concat!(
                    "t.slot >= coalesce((SELECT min(h.first_slot) FROM event_hours h
                        WHERE h.hour >= $::bigint / 3600 * 3600), 9223372036854775807) AND ",
                    $before,
                    ">= to_timestamp($::bigint)",
                    $after
                ),
                "Then or later.",
            ),
            filter(
                "to",
                Kind::Time,
                concat!(
                    "t.slot <= coalesce((SELECT max(h.last_slot) FROM event_hours h WHERE h.hour <= $::bigint), -1) AND ",
                    $before,
                    "<= to_timestamp($::bigint)",
                    $after
                ),
                "Then or earlier.",
            ),
        ]
    };
}
const SLOTS: [Filter; 4] = times!("t.time ", "");
const SLOTS_OF_PARTY: [Filter; 4] =
    times!("EXISTS (SELECT FROM events e WHERE e.slot = t.slot AND e.id = t.id AND e.time ", ")");
const FIELDS: &[Added] = &[
    ("id", r#"{"type": "string", "pattern": "^\\d+$", "description": "Grows with time; `after` of the stream"}"#),
    ("slot", r#"{"type": "string", "pattern": "^\\d+$"}"#),
    ("time", r#"{"type": "string", "format": "date-time", "description": "1970: the node did not know"}"#),
    ("signature", r#"{"type": "string", "description": "The transaction"}"#),
    (
        "program",
        r#"{"type": "string", "enum": ["token", "staking", "reputation", "escrow", "verification", "governance"]}"#,
    ),
    ("kind", r#"{"type": "string", "description": "Name of the event", "example": "SeatSettled"}"#),
    ("job", r##"{"anyOf": [{"$ref": "#/components/schemas/Address"}, {"type": "null"}]}"##),
    ("data", r#"{"type": "object", "additionalProperties": true, "description": "Its fields"}"#),
];

const BASE: Resource = Resource {
    tag: "events",
    table: "events",
    key: ("id", "bigint"),
    row: "SELECT r.json, r.slot FROM event_rows r WHERE r.slot = p.k AND r.id = p.key",
    sorts: &[CHAIN_ORDER],
    default_sort: "-slot",
    schema: "Event",
    added: FIELDS,
    ..Resource::BASE
};

pub static EVENTS: Resource = Resource {
    path: "/v1/events",
    id: "events",
    noun: "event",
    text: "Events of all programs, newest first.",
    filters: &{
        let [slot_from, slot_to, from, to] = SLOTS;
        [
            filter("kind", Kind::Word, "t.kind = $", "Name of the event, for example `SeatSettled`."),
            filter("program", Kind::OneOf(PROGRAMS), "t.program = $", "The program."),
            filter("job", Kind::Address, "t.job = $", "The job it is of."),
            filter("operator", Kind::Address, "t.operator = $", "The operator it is of."),
            filter(
                "address",
                Kind::Address,
                "(t.slot, t.id) IN (SELECT n.slot, n.id FROM event_parties n WHERE n.address = $)",
                "An address that it names; `/v1/accounts/{address}/history` is the faster way.",
            ),
            slot_from,
            slot_to,
            from,
            to,
        ]
    },
    one: Some(Lookup {
        row: "SELECT json, slot FROM event_rows WHERE id = $1::bigint LIMIT 1",
        parts: &[],
        newest: "o.slot",
    }),
    ..BASE
};

pub static HISTORY: Resource = Resource {
    path: "/v1/accounts/{address}/history",
    id: "history",
    noun: "event",
    tag: "accounts",
    text: "Every event that names an address, as requester, operator, voter, owner, job, seat or anything else, newest first.",
    table: "event_parties",
    filters: &SLOTS_OF_PARTY,
    within: Some(filter("address", Kind::Address, "t.address = $", "The address.")),
    ..BASE
};

pub static TRANSFERS: Resource = Resource {
    path: "/v1/token/transfers",
    id: "tokenTransfers",
    noun: "event",
    tag: "token",
    text: "ASY that came, went or was collected: mints, burns, emission, claims, collected fees, swaps, spending; newest first.",
    scope: "t.program = 'token' AND t.kind IN ('Minted', 'Burned', 'EpochEmitted', 'DistributionClaimed', \
        'DistributionSwept', 'FeesCollected', 'ReserveSwapped', 'TreasurySpent')",
    filters: &{
        let [slot_from, slot_to, from, to] = SLOTS;
        [filter("kind", Kind::OneOf(TRANSFERS_OF), "t.kind = $", "Only these."), slot_from, slot_to, from, to]
    },
    ..BASE
};

pub static RESERVE_LOG: Resource = Resource {
    path: "/v1/token/reserve-log",
    id: "reserveLog",
    noun: "event",
    tag: "token",
    text: "Swaps of collected fees into the reserve asset, newest first.",
    scope: "t.program = 'token' AND t.kind = 'ReserveSwapped'",
    filters: &SLOTS,
    ..BASE
};
