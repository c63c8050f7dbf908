//! Accounts and events of the six programs as JSON, decoded by their committed IDLs.
//!
//! Conventions: 64 bits and more are decimal strings, smaller integers numbers; addresses base58; byte arrays lower
//! hex; an enum without fields its variant's name, one with fields `{"Variant": …}`; `None` is null.

use std::collections::HashMap;

use anchor_lang_idl_spec::{
    Idl, IdlArrayLen, IdlDefinedFields, IdlEnumVariant, IdlField, IdlSerialization, IdlType, IdlTypeDef, IdlTypeDefTy,
};
use serde_json::{Map, Value, json};
use solana_sdk::pubkey::Pubkey;

include!(concat!(env!("OUT_DIR"), "/old_idls.rs"));

/// First bytes of the data of an instruction by which an Anchor program tells an event to itself.
pub const EVENT_TAG: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];

pub(crate) const IDLS: [&str; 6] = [
    include_str!("../../../idl/assay_token.json"),
    include_str!("../../../idl/assay_staking.json"),
    include_str!("../../../idl/assay_reputation.json"),
    include_str!("../../../idl/assay_escrow.json"),
    include_str!("../../../idl/assay_verification.json"),
    include_str!("../../../idl/assay_governance.json"),
];

/// The layout version that each program's present IDL describes, in the order of [`IDLS`].
const VERSIONS: [u8; 6] = [
    assay_token::VERSION,
    assay_staking::VERSION,
    assay_reputation::VERSION,
    assay_escrow::VERSION,
    assay_verification::VERSION,
    assay_governance::VERSION,
];

/// The account whose fields a bitmap follows.
const TAILED: &str = "Distribution";

/// An account or event as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Short name of the program: `token`, `staking`, `reputation`, `escrow`, `verification` or
    /// `governance`.
    pub program: &'static str,
    /// Name of the account type or event, for example `Job` or `JobPosted`.
    pub kind: String,
    /// Its fields by their names.
    pub json: Value,
}

/// Why bytes are not what an IDL says. Keep them: a later IDL may know them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A committed IDL cannot be used.
    #[error("the IDL {0} cannot be used: {1}; build the IDLs again")]
    BadIdl(String, String),
    /// Not one of the six programs.
    #[error("{0} is none of Assay's programs")]
    UnknownProgram(Pubkey),
    /// The first eight bytes name nothing that the IDL knows.
    #[error("{program} has no {what} with discriminator {discriminator}; this build's IDL may be too old")]
    UnknownKind { program: &'static str, what: &'static str, discriminator: String },
    /// The account is of a layout that no IDL here describes.
    #[error("{kind}: its layout is version {version}, of which this build has no IDL; put the IDL into idl/old")]
    UnknownLayout { kind: String, version: u8 },
    /// The data ends early.
    #[error("{kind}: the data ends {missing} bytes before the field `{field}` does")]
    TooShort { kind: String, field: String, missing: usize },
    /// There is more data than the type has.
    #[error("{kind}: {extra} bytes are left over")]
    Trailing { kind: String, extra: usize },
    /// A value that its type does not have.
    #[error("{kind}: `{field}` {why}")]
    BadValue { kind: String, field: String, why: String },
}

struct Program {
    name: &'static str,
    /// What the first byte of its accounts says.
    version: u8,
    accounts: HashMap<[u8; 8], String>,
    events: HashMap<[u8; 8], String>,
    types: HashMap<String, IdlTypeDef>,
}

/// The decoder for all programs, each in every layout that there is an IDL of.
pub struct Decoder {
    /// The present layout first.
    programs: HashMap<Pubkey, Vec<Program>>,
}

impl Decoder {
    /// Reads the committed IDLs.
    ///
    /// # Errors
    /// [`DecodeError::BadIdl`], which a test of this crate excludes.
    pub fn new() -> Result<Self, DecodeError> {
        Self::with(OLD)
    }

    /// Reads the committed IDLs, and these of earlier layouts: short name of the program, layout version, IDL.
    ///
    /// # Errors
    /// [`DecodeError::BadIdl`], also when one is not of the program that it is said to be, or of its present version.
    pub fn with(old: &[(&str, u8, &str)]) -> Result<Self, DecodeError> {
        let mut programs: HashMap<Pubkey, Vec<Program>> = HashMap::new();
        for (text, version) in IDLS.iter().zip(VERSIONS) {
            let (id, program) = Program::read(text, version)?;
            programs.insert(id, vec![program]);
        }
        for (name, version, text) in old {
            let (id, program) = Program::read(text, *version)?;
            let layouts = programs.entry(id).or_default();
            if program.name != *name || layouts.iter().any(|layout| layout.version == *version) {
                return Err(DecodeError::BadIdl(format!("{name}.v{version}"), "it is not what its name says".into()));
            }
            layouts.push(program);
        }
        Ok(Self { programs })
    }

    /// Address and short name of every program, sorted by name.
    pub fn programs(&self) -> Vec<(Pubkey, &'static str)> {
        let mut all: Vec<_> =
            self.programs.iter().filter_map(|(id, layouts)| Some((*id, layouts.first()?.name))).collect();
        all.sort_by_key(|(_, name)| *name);
        all
    }

    /// Decodes an account that `program` owns, discriminator included.
    ///
    /// # Errors
    /// Any [`DecodeError`] but `BadIdl`: every byte must be accounted for, but for the room that an account has to grow.
    pub fn account(&self, program: &Pubkey, data: &[u8]) -> Result<Decoded, DecodeError> {
        self.decode(program, |layout| layout.decode("account", &layout.accounts, data))
    }

    /// Decodes an event of `program`: the instruction's data after [`EVENT_TAG`], event discriminator included.
    ///
    /// # Errors
    /// As [`Decoder::account`].
    pub fn event(&self, program: &Pubkey, data: &[u8]) -> Result<Decoded, DecodeError> {
        self.decode(program, |layout| layout.decode("event", &layout.events, data))
    }

    /// By the present layout, or by the one that the bytes say they are of.
    fn decode(
        &self,
        id: &Pubkey,
        read: impl Fn(&Program) -> Result<Decoded, DecodeError>,
    ) -> Result<Decoded, DecodeError> {
        let layouts = self.programs.get(id).ok_or(DecodeError::UnknownProgram(*id))?;
        let present = read(layouts.first().ok_or(DecodeError::UnknownProgram(*id))?);
        let Err(DecodeError::UnknownLayout { version, .. }) = &present else { return present };
        match layouts.iter().find(|layout| layout.version == *version) {
            Some(layout) => read(layout),
            None => present,
        }
    }
}

/// Where a type of two crates shares its name, the IDL has the whole path: the last part is the name.
fn short(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

impl Program {
    fn read(text: &str, version: u8) -> Result<(Pubkey, Program), DecodeError> {
        let bad = |name: &str, why: String| DecodeError::BadIdl(name.into(), why);
        let idl: Idl = serde_json::from_str(text).map_err(|why| bad("?", why.to_string()))?;
        let name = idl.metadata.name;
        let id = idl.address.parse().map_err(|_| bad(&name, format!("its address is {:?}", idl.address)))?;
        let table = |entries: Vec<(String, Vec<u8>)>| {
            let entry = |(kind, discriminator): (String, Vec<u8>)| {
                let discriminator = discriminator.as_slice().try_into();
                Ok((discriminator.map_err(|_| bad(&name, format!("{kind} has no 8-byte discriminator")))?, kind))
            };
            entries.into_iter().map(entry).collect::<Result<HashMap<_, _>, _>>()
        };
        let accounts = table(idl.accounts.into_iter().map(|a| (a.name, a.discriminator)).collect())?;
        let events = table(idl.events.into_iter().map(|e| (e.name, e.discriminator)).collect())?;
        let types: HashMap<_, _> = idl.types.into_iter().map(|ty| (ty.name.clone(), ty)).collect();
        if let Some(missing) = accounts.values().chain(events.values()).find(|kind| !types.contains_key(*kind)) {
            return Err(bad(&name, format!("it does not define {missing}")));
        }
        let short_name = match name.as_str() {
            "assay_token" => "token",
            "assay_staking" => "staking",
            "assay_reputation" => "reputation",
            "assay_escrow" => "escrow",
            "assay_verification" => "verification",
            "assay_governance" => "governance",
            _ => return Err(bad(&name, "it is of no program of ours".into())),
        };
        Ok((id, Program { name: short_name, version, accounts, events, types }))
    }

    fn decode(
        &self,
        what: &'static str,
        kinds: &HashMap<[u8; 8], String>,
        data: &[u8],
    ) -> Result<Decoded, DecodeError> {
        let (discriminator, rest) = data.split_at(data.len().min(8));
        let kind = <[u8; 8]>::try_from(discriminator).ok().and_then(|d| kinds.get(&d));
        let kind = kind.ok_or_else(|| DecodeError::UnknownKind {
            program: self.name,
            what,
            discriminator: hex::encode(discriminator),
        })?;
        let mut reader = Reader { program: self, kind: short(kind), rest, varies: short(kind) == TAILED };
        let json = reader.defined(kind, kind)?;
        match reader.rest.len() {
            // An account is made with all the room that it may ever need.
            extra if extra == 0 || (reader.varies && what == "account") => {
                Ok(Decoded { program: self.name, kind: short(kind).into(), json })
            }
            extra => Err(DecodeError::Trailing { kind: short(kind).into(), extra }),
        }
    }
}

/// Reads Borsh from `rest`, front to back.
struct Reader<'a> {
    program: &'a Program,
    kind: &'a str,
    rest: &'a [u8],
    /// Whether something was read whose length may change.
    varies: bool,
}

impl<'a> Reader<'a> {
    fn bad(&self, field: &str, why: impl Into<String>) -> DecodeError {
        DecodeError::BadValue { kind: self.kind.into(), field: field.into(), why: why.into() }
    }

    fn take(&mut self, count: usize, field: &str) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            let missing = count - self.rest.len();
            return Err(DecodeError::TooShort { kind: self.kind.into(), field: field.into(), missing });
        };
        self.rest = rest;
        Ok(taken)
    }

    fn bytes<const N: usize>(&mut self, field: &str) -> Result<[u8; N], DecodeError> {
        self.take(N, field)?.try_into().map_err(|_| self.bad(field, "is not of its size"))
    }

    fn length(&mut self, field: &str) -> Result<usize, DecodeError> {
        let length = u32::from_le_bytes(self.bytes(field)?);
        usize::try_from(length).map_err(|_| self.bad(field, "is longer than this machine can count"))
    }

    fn value(&mut self, ty: &IdlType, field: &str) -> Result<Value, DecodeError> {
        self.varies |= matches!(ty, IdlType::String | IdlType::Bytes | IdlType::Vec(_) | IdlType::Option(_));
        Ok(match ty {
            IdlType::Bool => match self.take(1, field)? {
                [0] => json!(false),
                [1] => json!(true),
                other => return Err(self.bad(field, format!("is {other:?}, not a bool"))),
            },
            IdlType::U8 => json!(u8::from_le_bytes(self.bytes(field)?)),
            IdlType::I8 => json!(i8::from_le_bytes(self.bytes(field)?)),
            IdlType::U16 => json!(u16::from_le_bytes(self.bytes(field)?)),
            IdlType::I16 => json!(i16::from_le_bytes(self.bytes(field)?)),
            IdlType::U32 => json!(u32::from_le_bytes(self.bytes(field)?)),
            IdlType::I32 => json!(i32::from_le_bytes(self.bytes(field)?)),
            IdlType::F32 => json!(f32::from_le_bytes(self.bytes(field)?)),
            IdlType::F64 => json!(f64::from_le_bytes(self.bytes(field)?)),
            IdlType::U64 => json!(u64::from_le_bytes(self.bytes(field)?).to_string()),
            IdlType::I64 => json!(i64::from_le_bytes(self.bytes(field)?).to_string()),
            IdlType::U128 => json!(u128::from_le_bytes(self.bytes(field)?).to_string()),
            IdlType::I128 => json!(i128::from_le_bytes(self.bytes(field)?).to_string()),
            IdlType::Pubkey => json!(Pubkey::from(self.bytes::<32>(field)?).to_string()),
            IdlType::String => {
                let length = self.length(field)?;
                let text = std::str::from_utf8(self.take(length, field)?);
                json!(text.map_err(|_| self.bad(field, "is not UTF-8"))?)
            }
            IdlType::Bytes => {
                let length = self.length(field)?;
                json!(hex::encode(self.take(length, field)?))
            }
            IdlType::Option(inner) => match self.take(1, field)? {
                [0] => Value::Null,
                [1] => self.value(inner, field)?,
                other => return Err(self.bad(field, format!("is {other:?}, not an option"))),
            },
            IdlType::Vec(inner) => {
                let length = self.length(field)?;
                // Nothing of ours is empty, so a length above what is left is a lie; do not loop for it.
                if length > self.rest.len() {
                    let missing = length - self.rest.len();
                    return Err(DecodeError::TooShort { kind: self.kind.into(), field: field.into(), missing });
                }
                self.sequence(inner, length, field)?
            }
            IdlType::Array(inner, IdlArrayLen::Value(length)) => self.sequence(inner, *length, field)?,
            IdlType::Defined { name, generics } if generics.is_empty() => self.defined(name, field)?,
            other => return Err(self.bad(field, format!("has a type that is not supported: {other:?}"))),
        })
    }

    fn sequence(&mut self, inner: &IdlType, length: usize, field: &str) -> Result<Value, DecodeError> {
        if *inner == IdlType::U8 {
            return Ok(json!(hex::encode(self.take(length, field)?)));
        }
        (0..length).map(|_| self.value(inner, field)).collect()
    }

    fn defined(&mut self, name: &str, field: &str) -> Result<Value, DecodeError> {
        let Some(ty) = self.program.types.get(name) else {
            return Err(self.bad(field, format!("is of type {name}, which the IDL does not define")));
        };
        if ty.serialization != IdlSerialization::Borsh {
            return Err(self.bad(field, format!("is of type {name}, which is not Borsh")));
        }
        if self.program.accounts.values().any(|account| account == name) {
            self.layout(&ty.ty, name)?;
        }
        match &ty.ty {
            IdlTypeDefTy::Struct { fields: None } => Ok(json!({})),
            IdlTypeDefTy::Struct { fields: Some(fields) } => self.fields(fields, field),
            IdlTypeDefTy::Enum { variants } => self.variant(name, variants, field),
            IdlTypeDefTy::Type { alias } => self.value(alias, field),
        }
    }

    /// Refuses an account, alone or as an event's last state, that is of another layout than this IDL.
    fn layout(&self, ty: &IdlTypeDefTy, name: &str) -> Result<(), DecodeError> {
        let IdlTypeDefTy::Struct { fields: Some(IdlDefinedFields::Named(fields)) } = ty else { return Ok(()) };
        let versioned = fields.first().is_some_and(|field| field.name == "version" && field.ty == IdlType::U8);
        match self.rest.first() {
            Some(version) if versioned && *version != self.program.version => {
                Err(DecodeError::UnknownLayout { kind: short(name).into(), version: *version })
            }
            _ => Ok(()),
        }
    }

    fn variant(&mut self, name: &str, variants: &[IdlEnumVariant], field: &str) -> Result<Value, DecodeError> {
        let [index] = self.bytes::<1>(field)?;
        let Some(variant) = variants.get(usize::from(index)) else {
            return Err(self.bad(field, format!("is variant {index} of {}, which has none", short(name))));
        };
        match &variant.fields {
            None => Ok(json!(variant.name)),
            Some(fields) => Ok(json!({ (variant.name.as_str()): self.fields(fields, field)? })),
        }
    }

    fn fields(&mut self, fields: &IdlDefinedFields, field: &str) -> Result<Value, DecodeError> {
        match fields {
            IdlDefinedFields::Named(fields) => {
                let mut map = Map::new();
                for IdlField { name, ty, .. } in fields {
                    map.insert(name.clone(), self.value(ty, name)?);
                }
                Ok(Value::Object(map))
            }
            IdlDefinedFields::Tuple(types) => types.iter().map(|ty| self.value(ty, field)).collect(),
        }
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
