//! Proposals and votes, distributions and minters of ASY.

use super::{
    super::resource::{ADDRESS, Kind, Lookup, OPEN, Resource},
    filter, sort,
};

const STATES: &[&str] = &["draft", "voting", "queued", "defeated", "executed", "vetoed", "cancelled"];

pub static PROPOSALS: Resource = Resource {
    path: "/v1/proposals",
    id: "proposals",
    noun: "proposal",
    schema: "Proposal",
    tag: "governance",
    text: "Proposals, newest first. The lookup has their actions too.",
    table: "proposals",
    row: "SELECT json, slot FROM proposal_rows r WHERE r.address = p.key",
    filters: &[
        filter("state", Kind::OneOf(STATES), "lower(t.state) = $", "Its state."),
        filter("proposer", Kind::Address, "t.data ->> 'proposer' = $", "Who proposed it."),
        filter("created_from", Kind::Time, "(t.data ->> 'created_at')::bigint >= $::bigint", "Proposed then or later."),
        filter("created_to", Kind::Time, "(t.data ->> 'created_at')::bigint <= $::bigint", "Proposed then or earlier."),
    ],
    sorts: &[
        sort("created_at", "bigint", "(t.data ->> 'created_at')::bigint"),
        sort("ends_at", "bigint", "(t.data ->> 'ends_at')::bigint"),
        ADDRESS,
    ],
    default_sort: "-created_at",
    account: Some(("governance", "Proposal")),
    one: Some(Lookup {
        row: "SELECT json, slot FROM proposal_rows WHERE address = $1",
        parts: &[(
            "actions",
            "(SELECT coalesce(jsonb_agg(r.json ORDER BY (a.data ->> 'index')::int, a.address), '[]')
                FROM actions a JOIN action_rows r USING (address) WHERE a.proposal = $1)",
            r##"{"type": "array", "items": {"$ref": "#/components/schemas/Action"}}"##,
        )],
        newest: "greatest(o.slot, (SELECT max(a.slot) FROM actions a WHERE a.proposal = $1))",
    }),
    ..Resource::BASE
};

pub static VOTES: Resource = Resource {
    path: "/v1/votes",
    id: "votes",
    noun: "vote",
    schema: "Vote",
    tag: "governance",
    text: "Votes on proposals.",
    table: "votes",
    row: "SELECT json, slot FROM vote_rows r WHERE r.address = p.key",
    filters: &[
        filter("proposal", Kind::Address, "t.proposal = $", "The proposal."),
        filter("voter", Kind::Address, "t.voter = $", "Who voted."),
        filter("choice", Kind::OneOf(&["Yes", "No", "Abstain"]), "t.data ->> 'choice' = $", "What for."),
    ],
    sorts: &[ADDRESS, sort("weight", "numeric", "(t.data ->> 'weight')::numeric")],
    account: Some(("governance", "Vote")),
    one: Some(Lookup { row: "SELECT json, slot FROM vote_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

pub static DISTRIBUTIONS: Resource = Resource {
    path: "/v1/distributions",
    id: "distributions",
    noun: "distribution",
    schema: "Distribution",
    tag: "token",
    text: "Distributions of tokens, those that expire last first.",
    table: "distributions",
    row: "SELECT json, slot FROM distribution_rows r WHERE r.address = p.key",
    filters: &[
        filter("opener", Kind::Address, "t.opener = $", "Who opened it."),
        filter("mint", Kind::Address, "t.data ->> 'mint' = $", "What it gives."),
        filter("expires_from", Kind::Time, "(t.data ->> 'expires_at')::bigint >= $::bigint", "Expires then or later."),
        filter("expires_to", Kind::Time, "(t.data ->> 'expires_at')::bigint <= $::bigint", "Expires then or earlier."),
        OPEN,
    ],
    sorts: &[sort("expires_at", "bigint", "(t.data ->> 'expires_at')::bigint")],
    default_sort: "-expires_at",
    account: Some(("token", "Distribution")),
    one: Some(Lookup {
        row: "SELECT json, slot FROM distribution_rows WHERE address = $1",
        parts: &[],
        newest: "o.slot",
    }),
    ..Resource::BASE
};

pub static MINTERS: Resource = Resource {
    path: "/v1/token/minters",
    id: "minters",
    noun: "minter",
    schema: "Minter",
    tag: "token",
    text: "Who may mint ASY, and how much more.",
    table: "minters",
    row: "SELECT json, slot FROM minter_rows r WHERE r.address = p.key",
    filters: &[OPEN],
    account: Some(("token", "Minter")),
    ..Resource::BASE
};
