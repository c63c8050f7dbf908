//! Operators, who stakes with them, and what is said of their work.

use super::{
    super::resource::{ACCOUNT, ADDRESS, Filter, Kind, Lookup, OPEN, Resource},
    filter, sort,
};

const OF_POOL: [Filter; 3] = [
    filter("owner", Kind::Address, "t.owner = $", "Whose it is."),
    filter("pool", Kind::Address, "t.data ->> 'pool' = $", "The pool."),
    filter(
        "operator",
        Kind::Address,
        "t.data ->> 'pool' = ANY (ARRAY(SELECT p.address FROM pools p WHERE p.operator = $))",
        "The operator of the pool.",
    ),
];
const POOL_OF: &str = "(SELECT jsonb_build_object('address', p.address, 'operator', p.operator, 'active', p.data -> 'active',
    'active_shares', p.data -> 'active_shares', 'cooling', p.data -> 'cooling', 'cooling_shares', p.data -> 'cooling_shares')
    FROM pools p WHERE p.address = o.json ->> 'pool')";
const POOL_SCHEMA: &str = r#"{"type": ["object", "null"], "description": "What its shares are worth: address, operator, active, active_shares, cooling, cooling_shares"}"#;
const POOL_NEWEST: &str = "greatest(o.slot, (SELECT p.slot FROM pools p WHERE p.address = o.json ->> 'pool'))";

pub static OPERATORS: Resource = Resource {
    path: "/v1/operators",
    id: "operators",
    noun: "operator",
    schema: "Operator",
    tag: "market",
    text: "Operators by active stake, largest first: stake, records and scores, seats won and lost, earned per mint, \
        slashed. The lookup takes the operator's address or that of its pool, and has the pool's account too.",
    table: "pools",
    scope: "t.closed_slot IS NULL",
    row: "SELECT json, slot FROM operator_rows r WHERE r.address = p.key",
    filters: &[
        filter("operator", Kind::Address, "t.operator = $", "The operator."),
        filter("active_min", Kind::Amount, "t.active >= $::numeric", "Has at least so much active stake."),
        filter(
            "commission_bps_max",
            Kind::Small(10_000),
            "(t.data ->> 'commission_bps')::int <= $::int",
            "Takes at most this share.",
        ),
    ],
    sorts: &[
        sort("active", "numeric", "t.active"),
        sort("weight", "numeric", "(t.data -> 'weight' ->> 'now')::numeric"),
        sort("commission_bps", "int", "(t.data ->> 'commission_bps')::int"),
        ADDRESS,
    ],
    default_sort: "-active",
    account: None,
    added: &[
        ("operator", r##"{"$ref": "#/components/schemas/Address"}"##),
        ("pool", r##"{"$ref": "#/components/schemas/Address"}"##),
        ("active", r##"{"$ref": "#/components/schemas/U64"}"##),
        ("cooling", r##"{"$ref": "#/components/schemas/U64"}"##),
        ("locked", r##"{"$ref": "#/components/schemas/U64"}"##),
        ("weight", r##"{"$ref": "#/components/schemas/U64"}"##),
        (
            "records",
            r#"{"type": "array", "items": {"type": "object", "properties": {"class": {"type": "integer"}, "score_bps": {"type": "integer"},
                "valid": {"type": "integer"}, "wrong": {"type": "integer"}, "silent": {"type": "integer"}, "consecutive_valid": {"type": "integer"}}}}"#,
        ),
        (
            "score_bps",
            r#"{"type": ["integer", "null"], "description": "Of the class that the most outcomes speak for"}"#,
        ),
        ("seats_won", r#"{"type": "integer"}"#),
        ("seats_lost", r#"{"type": "integer"}"#),
        ("earned", r##"{"type": "array", "items": {"$ref": "#/components/schemas/MintAmount"}}"##),
        ("slashed", r##"{"$ref": "#/components/schemas/U64"}"##),
    ],
    one: Some(Lookup {
        row: "SELECT json, slot, address FROM operator_rows WHERE address = $1 OR operator = $1 LIMIT 1",
        parts: &[(
            "pool",
            "(SELECT jsonb_build_object('address', t.address, 'slot', t.slot::text, 'closed_slot', NULL) || t.data
                FROM pools t WHERE t.address = o.address)",
            r##"{"$ref": "#/components/schemas/Pool"}"##,
        )],
        newest: "o.slot",
    }),
    ..Resource::BASE
};

pub static POSITIONS: Resource = Resource {
    path: "/v1/positions",
    id: "positions",
    noun: "position",
    schema: "Position",
    tag: "stake",
    text: "Stakes in pools.",
    table: "positions",
    row: "SELECT json, slot FROM position_rows r WHERE r.address = p.key",
    filters: &{
        let [owner, pool, operator] = OF_POOL;
        [owner, pool, operator, OPEN]
    },
    account: Some(("staking", "Position")),
    one: Some(Lookup {
        row: "SELECT json, slot FROM position_rows WHERE address = $1",
        parts: &[("pool", POOL_OF, POOL_SCHEMA)],
        newest: POOL_NEWEST,
    }),
    ..Resource::BASE
};

pub static TICKETS: Resource = Resource {
    path: "/v1/tickets",
    id: "tickets",
    noun: "ticket",
    schema: "Ticket",
    tag: "stake",
    text: "Stake that is being withdrawn, that which is ready last first.",
    table: "tickets",
    row: "SELECT json, slot FROM ticket_rows r WHERE r.address = p.key",
    filters: &{
        let [owner, pool, operator] = OF_POOL;
        let from =
            filter("ready_from", Kind::Time, "(t.data ->> 'ready_at')::bigint >= $::bigint", "Ready then or later.");
        let to =
            filter("ready_to", Kind::Time, "(t.data ->> 'ready_at')::bigint <= $::bigint", "Ready then or earlier.");
        [owner, pool, operator, from, to, OPEN]
    },
    sorts: &[sort("ready_at", "bigint", "(t.data ->> 'ready_at')::bigint")],
    default_sort: "-ready_at",
    account: Some(("staking", "Ticket")),
    one: Some(Lookup {
        row: "SELECT json, slot FROM ticket_rows WHERE address = $1",
        parts: &[("pool", POOL_OF, POOL_SCHEMA)],
        newest: POOL_NEWEST,
    }),
    ..Resource::BASE
};

pub static REPUTATION: Resource = Resource {
    path: "/v1/reputation",
    id: "reputation",
    noun: "record",
    schema: "Record",
    tag: "market",
    text: "Records of operators, one for each class of jobs that they did.",
    table: "records",
    row: "SELECT json, slot FROM reputation_rows r WHERE r.address = p.key",
    filters: &[
        filter("operator", Kind::Address, "t.operator = $", "The operator."),
        filter("class", Kind::Small(4), "t.data ->> 'class' = $", "The class."),
        filter(
            "score_min",
            Kind::Small(10_000),
            "record_score(t.data) >= $::int",
            "At least this score in basis points.",
        ),
        filter(
            "updated_from",
            Kind::Time,
            "(t.data ->> 'updated_at')::bigint >= $::bigint",
            "Last outcome then or later.",
        ),
    ],
    sorts: &[
        ADDRESS,
        sort("score", "int", "record_score(t.data)"),
        sort("valid", "bigint", "(t.data ->> 'valid')::bigint"),
        sort("updated_at", "bigint", "(t.data ->> 'updated_at')::bigint"),
    ],
    account: Some(("reputation", "Record")),
    added: &[
        ACCOUNT[0],
        ACCOUNT[1],
        ACCOUNT[2],
        ("score_bps", r#"{"type": "integer", "description": "As of its last outcome; it fades with time"}"#),
    ],
    one: Some(Lookup {
        row: "SELECT json, slot FROM reputation_rows WHERE address = $1",
        parts: &[],
        newest: "o.slot",
    }),
    ..Resource::BASE
};
