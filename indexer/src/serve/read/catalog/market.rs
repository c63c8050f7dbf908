//! Jobs, bids, seats, machines, models, payment mints.

use super::{
    super::resource::{ACCOUNT, ADDRESS, Filter, Kind, Lookup, OPEN, Resource, Sort},
    filter, sort,
};

const STATUSES: &[&str] = &[
    "open",
    "seated",
    "delivered",
    "sealed",
    "revealed",
    "disputed",
    "verified",
    "settled",
    "unresolved",
    "cancelled",
    "expired",
];
const STRATEGIES: &[&str] = &["replicated", "sampled", "optimistic", "proven", "attested", "accepted"];
const EVENTS: &str = r##"{"type": "array", "items": {"$ref": "#/components/schemas/Event"}}"##;

const POSTED: Sort = sort("posted_at", "bigint", "t.posted_at");

const JOB_FILTERS: &[Filter] = &[
    filter(
        "status",
        Kind::OneOf(STATUSES),
        "t.status = $",
        "Its state; while it is live, what its cases, round and seats say.",
    ),
    filter("requester", Kind::Address, "t.requester = $", "Who posted it."),
    filter(
        "operator",
        Kind::Address,
        "EXISTS (SELECT FROM seats s WHERE s.job = t.address AND s.operator = $)",
        "An operator that has or had a seat.",
    ),
    filter("mint", Kind::Address, "t.mint = $", "The mint it is paid in."),
    filter("class", Kind::Small(4), "t.data ->> 'class' = $", "Its class, 0 to 4."),
    filter("strategy", Kind::OneOf(STRATEGIES), "strategy_of(t.data) = $", "How it is verified."),
    filter("engine", Kind::Small(7), "t.data -> 'requirements' ->> 'engine' = $", "Number of the engine that runs it."),
    filter("spec_hash", Kind::Hex(32), "t.data ->> 'spec_hash' = $", "Hash of its spec."),
    filter("root", Kind::Hex(32), "t.data ->> 'root' = $", "Root of its result."),
    filter(
        "model",
        Kind::Address,
        "t.data -> 'legs' @> (SELECT jsonb_build_array(jsonb_build_object('to', m.data ->> 'payee')) FROM models m
            WHERE m.address = $)",
        "A model whose payee gets a royalty of it: the chain keeps the payee, not the model.",
    ),
    filter(
        "price_min",
        Kind::Amount,
        "(t.data ->> 'seat_price')::numeric >= $::numeric",
        "Least base units for a seat.",
    ),
    filter(
        "price_max",
        Kind::Amount,
        "(t.data ->> 'seat_price')::numeric <= $::numeric",
        "Most base units for a seat.",
    ),
    filter("units_min", Kind::Amount, "(t.data ->> 'units')::numeric >= $::numeric", "Least units."),
    filter("units_max", Kind::Amount, "(t.data ->> 'units')::numeric <= $::numeric", "Most units."),
    filter("posted_from", Kind::Time, "t.posted_at >= $::bigint", "Posted then or later."),
    filter("posted_to", Kind::Time, "t.posted_at <= $::bigint", "Posted then or earlier."),
    filter(
        "cores",
        Kind::Small(65_535),
        "(t.data -> 'requirements' ->> 'cores')::bigint <= $::bigint",
        "A machine with so many cores can run it.",
    ),
    filter(
        "memory_mib",
        Kind::Small(u32::MAX),
        "(t.data -> 'requirements' ->> 'memory_mib')::bigint <= $::bigint",
        "A machine with so much memory can run it.",
    ),
    filter(
        "disk_gib",
        Kind::Small(u32::MAX),
        "(t.data -> 'requirements' ->> 'disk_gib')::bigint <= $::bigint",
        "A machine with so much disk can run it.",
    ),
    filter(
        "gpus",
        Kind::Small(255),
        "(t.data -> 'requirements' ->> 'gpus')::bigint <= $::bigint",
        "A machine with so many GPUs can run it.",
    ),
    filter(
        "gpu_memory_mib",
        Kind::Small(u32::MAX),
        "(t.data -> 'requirements' ->> 'gpu_memory_mib')::bigint <= $::bigint",
        "A machine whose GPUs have so much memory each can run it.",
    ),
    filter(
        "gpu_model",
        Kind::Hex(4),
        "t.data -> 'requirements' ->> 'gpu_model' = ANY (ARRAY[$, '00000000'])",
        "A machine with this model of GPU can run it: four bytes in hex.",
    ),
    filter(
        "region",
        Kind::Hex(2),
        "t.data -> 'requirements' ->> 'region' = ANY (ARRAY[$, '0000'])",
        "A machine in this region can run it: two letters' bytes in hex.",
    ),
];

pub static JOBS: Resource = Resource {
    path: "/v1/jobs",
    id: "jobs",
    noun: "job",
    schema: "Job",
    tag: "jobs",
    text: "Jobs, newest first.",
    table: "jobs",
    row: "SELECT json, slot FROM job_rows r WHERE r.address = p.key",
    filters: JOB_FILTERS,
    sorts: &[
        POSTED,
        sort("price", "numeric", "(t.data ->> 'seat_price')::numeric"),
        sort("units", "numeric", "(t.data ->> 'units')::numeric"),
        sort("seal_by", "bigint", "(t.data ->> 'seal_by')::bigint"),
        ADDRESS,
    ],
    default_sort: "-posted_at",
    account: Some(("escrow", "Job")),
    added: &[ACCOUNT[0], ACCOUNT[1], ACCOUNT[2], ("status", r##"{"$ref": "#/components/schemas/JobStatus"}"##)],
    one: Some(super::super::jobs::LOOKUP),
    ..Resource::BASE
};

pub static BIDS: Resource = Resource {
    path: "/v1/bids",
    id: "bids",
    noun: "bid",
    schema: "Bid",
    tag: "jobs",
    text: "Bids on auctioned jobs, those on the newest jobs first.",
    table: "bids",
    row: "SELECT json, slot FROM bid_rows r WHERE r.address = p.key",
    filters: &[
        filter("job", Kind::Address, "t.job = $", "The job."),
        filter("operator", Kind::Address, "t.operator = $", "Who bids."),
        filter("device", Kind::Address, "t.data ->> 'device' = $", "The machine that is offered."),
        filter("price_min", Kind::Amount, "(t.data ->> 'price')::numeric >= $::numeric", "Least base units."),
        filter("price_max", Kind::Amount, "(t.data ->> 'price')::numeric <= $::numeric", "Most base units."),
        filter("expires_from", Kind::Time, "(t.data ->> 'expires_at')::bigint >= $::bigint", "Expires then or later."),
        OPEN,
    ],
    sorts: &[
        sort("posted_at", "bigint", "(t.data ->> 'posted_at')::bigint"),
        sort("price", "numeric", "(t.data ->> 'price')::numeric"),
        sort("expires_at", "bigint", "(t.data ->> 'expires_at')::bigint"),
    ],
    default_sort: "-posted_at",
    account: Some(("escrow", "Bid")),
    one: Some(Lookup { row: "SELECT json, slot FROM bid_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

pub static SEATS: Resource = Resource {
    path: "/v1/seats",
    id: "seats",
    noun: "seat",
    schema: "Seat",
    tag: "jobs",
    text: "Seats that operators have or had, with how they ended.",
    table: "seats",
    row: "SELECT json, slot FROM seat_rows r WHERE r.address = p.key",
    filters: &[
        filter("job", Kind::Address, "t.job = $", "The job."),
        filter("operator", Kind::Address, "t.operator = $", "Who has it."),
        filter("device", Kind::Address, "t.data ->> 'device' = $", "The machine."),
        filter(
            "state",
            Kind::OneOf(&["Claimed", "Sealed", "Revealed", "Delivered"]),
            "t.data ->> 'state' = $",
            "Its state.",
        ),
        filter("seal_by_from", Kind::Time, "(t.data ->> 'seal_by')::bigint >= $::bigint", "Deadline then or later."),
        filter("seal_by_to", Kind::Time, "(t.data ->> 'seal_by')::bigint <= $::bigint", "Deadline then or earlier."),
        OPEN,
    ],
    sorts: &[ADDRESS, sort("seal_by", "bigint", "(t.data ->> 'seal_by')::bigint")],
    account: Some(("escrow", "Seat")),
    added: &[
        ACCOUNT[0],
        ACCOUNT[1],
        ACCOUNT[2],
        ("outcome", r#"{"type": "string", "enum": ["pending", "won", "lost", "ghost", "released"]}"#),
        ("paid", r##"{"$ref": "#/components/schemas/U64"}"##),
        ("slashed", r##"{"$ref": "#/components/schemas/U64"}"##),
    ],
    one: Some(Lookup { row: "SELECT json, slot FROM seat_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

const CAN: &str = "A machine with at least so much.";

pub static DEVICES: Resource = Resource {
    path: "/v1/devices",
    id: "devices",
    noun: "device",
    schema: "Device",
    tag: "market",
    text: "Machines of operators, with what they can do.",
    table: "devices",
    row: "SELECT json, slot FROM device_rows r WHERE r.address = p.key",
    filters: &[
        filter("operator", Kind::Address, "t.operator = $", "Whose it is."),
        filter(
            "state",
            Kind::OneOf(&["registered", "verified", "available", "busy", "retired"]),
            "device_state(t.data, t.closed_slot) = $",
            "Its state, as docs/market.md tells them apart.",
        ),
        filter("verified", Kind::Flag, "t.data ->> 'verified' = $", "Whether somebody vouched for what it says."),
        filter(
            "engine",
            Kind::Small(7),
            "((t.data -> 'capabilities' ->> 'engines')::int >> $::int) & 1 > 0",
            "Number of an engine that it runs.",
        ),
        filter("cores_min", Kind::Small(65_535), "(t.data -> 'capabilities' ->> 'cores')::bigint >= $::bigint", CAN),
        filter(
            "memory_mib_min",
            Kind::Small(u32::MAX),
            "(t.data -> 'capabilities' ->> 'memory_mib')::bigint >= $::bigint",
            CAN,
        ),
        filter(
            "disk_gib_min",
            Kind::Small(u32::MAX),
            "(t.data -> 'capabilities' ->> 'disk_gib')::bigint >= $::bigint",
            CAN,
        ),
        filter("gpus_min", Kind::Small(255), "(t.data -> 'capabilities' ->> 'gpus')::bigint >= $::bigint", CAN),
        filter(
            "gpu_memory_mib_min",
            Kind::Small(u32::MAX),
            "(t.data -> 'capabilities' ->> 'gpu_memory_mib')::bigint >= $::bigint",
            CAN,
        ),
        filter(
            "gpu_model",
            Kind::Hex(4),
            "t.data -> 'capabilities' ->> 'gpu_model' = $",
            "Model of its GPUs: four bytes in hex.",
        ),
        filter(
            "region",
            Kind::Hex(2),
            "t.data -> 'capabilities' ->> 'region' = $",
            "Where it is: two letters' bytes in hex.",
        ),
        filter("price_max", Kind::Amount, "(t.data ->> 'price_floor')::numeric <= $::numeric", "Works for so much."),
    ],
    sorts: &[ADDRESS, sort("price", "numeric", "(t.data ->> 'price_floor')::numeric")],
    account: Some(("escrow", "Device")),
    added: &[
        ACCOUNT[0],
        ACCOUNT[1],
        ACCOUNT[2],
        ("state", r#"{"type": "string", "enum": ["registered", "verified", "available", "busy", "retired"]}"#),
    ],
    one: Some(Lookup { row: "SELECT json, slot FROM device_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

pub static MODELS: Resource = Resource {
    path: "/v1/models",
    id: "models",
    noun: "model",
    schema: "Model",
    tag: "market",
    text: "Models that authors published, with their royalties.",
    table: "models",
    row: "SELECT json, slot FROM model_rows r WHERE r.address = p.key",
    filters: &[
        filter("author", Kind::Address, "t.author = $", "Who published it."),
        filter("payee", Kind::Address, "t.data ->> 'payee' = $", "Who gets its royalties."),
        filter("content_hash", Kind::Hex(32), "t.data ->> 'content_hash' = $", "Hash of its content."),
        filter(
            "word",
            Kind::Word,
            "words_of(t.data ->> 'uri') @@ to_tsquery('simple', lower($) || ':*')",
            "The beginning of a word in its uri.",
        ),
        filter(
            "royalty_bps_max",
            Kind::Small(10_000),
            "(t.data ->> 'royalty_bps')::int <= $::int",
            "Costs at most this share.",
        ),
        OPEN,
    ],
    sorts: &[ADDRESS, sort("royalty_bps", "int", "(t.data ->> 'royalty_bps')::int")],
    account: Some(("escrow", "Model")),
    one: Some(Lookup {
        row: "SELECT json, slot FROM model_rows WHERE address = $1",
        parts: &[(
            "timeline",
            "(SELECT coalesce(jsonb_agg(e.json ORDER BY e.slot, e.id), '[]') FROM (SELECT slot, id FROM event_parties
                WHERE address = $1 ORDER BY slot DESC, id DESC LIMIT 100) n JOIN event_rows e USING (slot, id))",
            EVENTS,
        )],
        newest: "greatest(o.slot, (SELECT max(slot) FROM event_parties WHERE address = $1))",
    }),
    ..Resource::BASE
};

pub static MINTS: Resource = Resource {
    path: "/v1/mints",
    id: "mints",
    noun: "mint",
    schema: "PaymentMint",
    tag: "market",
    text: "Mints that jobs are paid in. The lookup takes the mint's address or that of its account.",
    table: "payment_mints",
    row: "SELECT json, slot FROM mint_rows r WHERE r.address = p.key",
    filters: &[filter("mint", Kind::Address, "t.mint = $", "The mint."), OPEN],
    account: Some(("escrow", "PaymentMint")),
    added: &[
        ACCOUNT[0],
        ACCOUNT[1],
        ACCOUNT[2],
        (
            "symbol",
            r#"{"type": ["string", "null"], "description": "What people call it, as this indexer's operator says"}"#,
        ),
    ],
    one: Some(Lookup {
        row: "SELECT json, slot FROM mint_rows WHERE address = $1 OR mint = $1 ORDER BY closed_slot DESC NULLS FIRST LIMIT 1",
        parts: &[],
        newest: "o.slot",
    }),
    ..Resource::BASE
};
