//! What a list is made of: a table, the filters and orders that it has indexes for, and the view that shows its rows.

/// What a parameter may be, and how it is checked.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An address in base58.
    Address,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A u64 in decimal.
    Amount,
    /// A whole number from 0 up to this.
    Small(u32),
    /// Unix seconds, or a time as in RFC 3339.
    Time,
    /// true or false; a condition without `$` is the one for true, and its contrary that for false.
    Flag,
    /// So many bytes in lower hex.
    Hex(usize),
    /// A word: a letter, then letters and digits, 64 at most.
    Word,
    /// Text of so many characters.
    Text(usize, usize),
}

/// A condition that a query may set.
#[derive(Debug)]
pub struct Filter {
    /// Name of the parameter.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// The condition on row `t`; `$` stands for the value, which is text.
    pub sql: &'static str,
    /// What it is, for the document.
    pub text: &'static str,
}

/// An order that a query may ask for.
#[derive(Debug)]
pub struct Sort {
    /// Its name; with `-` before it, the greatest first.
    pub name: &'static str,
    /// The value of row `t` that it goes by; rows with the same one are ordered by their key.
    pub sql: &'static str,
    /// SQL type of that value.
    pub cast: &'static str,
}

/// A field that the API adds to those of an account: name, JSON schema.
pub type Added = (&'static str, &'static str);

/// A list and the lookup of one of its items.
#[derive(Debug)]
pub struct Resource {
    /// Path of the list, for example `/v1/jobs`.
    pub path: &'static str,
    /// operationId of the list.
    pub id: &'static str,
    /// operationId of the lookup, and the name of the item in its reply.
    pub noun: &'static str,
    /// Name of the item's schema.
    pub schema: &'static str,
    /// Group in the document.
    pub tag: &'static str,
    /// What it lists, for the document.
    pub text: &'static str,
    /// The table.
    pub table: &'static str,
    /// Column that tells rows apart, and its type.
    pub key: (&'static str, &'static str),
    /// A condition on row `t` that always holds; `true` for none.
    pub scope: &'static str,
    /// `SELECT json, slot` of the row with the key `p.key` and sort value `p.k`.
    pub row: &'static str,
    /// How the items can be chosen.
    pub filters: &'static [Filter],
    /// How they can be ordered.
    pub sorts: &'static [Sort],
    /// The order if none is asked for.
    pub default_sort: &'static str,
    /// Program and type of the account, whose fields the item has.
    pub account: Option<(&'static str, &'static str)>,
    /// Further fields.
    pub added: &'static [Added],
    /// The lookup, if there is one.
    pub one: Option<Lookup>,
    /// The condition that the path sets, if it has a parameter.
    pub within: Option<Filter>,
}

/// The lookup of one item.
#[derive(Debug)]
pub struct Lookup {
    /// `SELECT json, slot` of the item with the key `$1`, one row at most.
    pub row: &'static str,
    /// What the reply has beside the item: name, SQL of its JSON (of `$1` and of the item `o.json`), JSON schema.
    pub parts: &'static [(&'static str, &'static str, &'static str)],
    /// SQL of the latest slot of all that the reply shows.
    pub newest: &'static str,
}

impl Resource {
    /// What most have in common: accounts in a table, keyed by address.
    pub const BASE: Resource = Resource {
        path: "",
        id: "",
        noun: "",
        schema: "",
        tag: "",
        text: "",
        table: "",
        key: ("address", "text"),
        scope: "true",
        row: "",
        filters: &[],
        sorts: &[ADDRESS],
        default_sort: "address",
        account: None,
        added: ACCOUNT,
        one: None,
        within: None,
    };

    /// The order of that name.
    pub fn sort(&self, name: &str) -> Option<&'static Sort> {
        self.sorts.iter().find(|sort| sort.name == name)
    }
}

/// The order of addresses: it says nothing, but never changes.
pub const ADDRESS: Sort = Sort { name: "address", sql: "t.address", cast: "text" };

/// What every account has beside its own fields.
pub const ACCOUNT: &[Added] = &[
    ("address", r##"{"$ref": "#/components/schemas/Address"}"##),
    ("slot", r#"{"type": "string", "pattern": "^\\d+$", "description": "When it was so"}"#),
    ("closed_slot", r#"{"type": ["string", "null"], "description": "When it was closed; null while it exists"}"#),
];

/// Filter: only what exists, or only what was closed.
pub const OPEN: Filter = Filter {
    name: "open",
    kind: Kind::Flag,
    sql: "t.closed_slot IS NULL",
    text: "true: those that exist; false: those that were closed. Both if not given.",
};
