//! `job results`: a job's outputs, which add up to the root on the chain.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::Path,
};

use assay_sdk::{escrow::Job, result::ResultDocument};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

use super::{
    accept::{delivered, of_chain},
    story::Story,
};
use crate::{
    args::{Format, Results},
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Most units that are named one by one.
const MOST: u64 = 1 << 24;

/// An output as a document has it: text where it is UTF-8, else base64.
pub struct Output {
    pub text: String,
    pub encoding: &'static str,
    pub bytes: usize,
}

impl Output {
    /// Of what a unit wrote.
    pub fn of(output: Vec<u8>) -> Self {
        let bytes = output.len();
        match String::from_utf8(output) {
            Ok(text) => Self { text, encoding: "utf8", bytes },
            Err(other) => Self { text: STANDARD.encode(other.as_bytes()), encoding: "base64", bytes },
        }
    }
}

/// Writes a job's outputs.
pub async fn run(context: &Context, args: &Results) -> Result<()> {
    let job = &args.job;
    let root = if args.delivered {
        delivered(context, job, &of_chain(context, job).await?).await?.commitment
    } else {
        settled_root(context, job).await?
    };
    let document = fetch(context, job, &root).await?;
    let count = document.outputs.len() as u64;
    let units = match &args.units {
        Some(units) => units.of(count, MOST).map_err(|why| Error::Usage(format!("--units: {why}")))?,
        None => (0..count).collect(),
    };
    let outputs: Vec<_> =
        units.iter().filter_map(|unit| Some((*unit, document.outputs.get(usize::try_from(*unit).ok()?)?))).collect();
    let name = hex::encode(root);
    context.out.talk(format!("{count} outputs add up to the root {name}"));
    if let Some(folder) = &args.out {
        return into(context, folder, &outputs, |items| page(job, &name, count, items));
    }
    if context.settings.output == Format::Display {
        return raw(&outputs);
    }
    let items = outputs.iter().map(|(unit, output)| {
        let output = Output::of(output.to_vec());
        json!({"unit": unit.to_string(), "bytes": output.bytes.to_string(), "encoding": output.encoding, "output": output.text})
    });
    let items: Vec<_> = items.collect();
    context.out.data(&page(job, &name, count, &items), String::new)
}

fn page(job: &Pubkey, root: &str, count: u64, items: &[Value]) -> Value {
    json!({"job": job.to_string(), "root": root, "units": count.to_string(), "items": items})
}

/// The bytes as they are, one output after the other.
fn raw(outputs: &[(u64, &Vec<u8>)]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match outputs.iter().try_for_each(|(_, output)| stdout.write_all(output)).and_then(|()| stdout.flush()) {
        // Whoever read us has read enough.
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Each into a file of its own.
fn into(
    context: &Context,
    folder: &Path,
    outputs: &[(u64, &Vec<u8>)],
    page: impl FnOnce(&[Value]) -> Value,
) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let mut items = vec![];
    for (unit, output) in outputs {
        let path = folder.join(unit.to_string());
        fs::write(&path, output).map_err(Error::file("write", &path))?;
        items.push(json!({
            "unit": unit.to_string(), "bytes": output.len().to_string(), "file": path.display().to_string(),
        }));
    }
    context.out.data(&page(&items), || facts(&[("outputs", format!("{} files in {}", items.len(), folder.display()))]))
}

/// Downloads the job's result document with this root, decrypts it if it is private, and checks it.
///
/// # Errors
/// [`Error::Refused`] where the API has none, [`Error::Result`] where it is another one.
pub async fn fetch(context: &Context, job: &Pubkey, root: &[u8; 32]) -> Result<ResultDocument> {
    context.result(job, root).await.map_err(|why| match why {
        Error::Api { status: 404, .. } => {
            let why = "nobody has handed the result over to the API yet: try again in a moment, or with another --api";
            Error::Refused(why.into())
        }
        other => other,
    })
}

/// The root that was settled on.
///
/// # Errors
/// [`Error::Refused`] as long as there is none.
pub async fn settled_root(context: &Context, job: &Pubkey) -> Result<[u8; 32]> {
    let none = || Error::Refused(format!("{job} has no result yet: follow it with `assay job watch {job}`"));
    root_on_chain(context, job).await?.ok_or_else(none)
}

/// From the account, or from history once that is closed.
async fn root_on_chain(context: &Context, job: &Pubkey) -> Result<Option<[u8; 32]>> {
    if let Some(job) = context.account::<Job>(job).await? {
        // Before the verdict it is what somebody claims.
        return Ok(Some(job.root).filter(|root| *root != [0; 32] && job.winners != 0));
    }
    let (history, _) = context.history(job).await?;
    let root = Story::tell(job, &history)?.root;
    let mut bytes = [0; 32];
    Ok(root.filter(|root| hex::decode_to_slice(root, &mut bytes).is_ok()).map(|_| bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_text_or_base64() {
        let text = Output::of("é\n".into());
        assert_eq!((text.text.as_str(), text.encoding, text.bytes), ("é\n", "utf8", 3));
        let binary = Output::of(vec![0xff, 0]);
        assert_eq!((binary.text.as_str(), binary.encoding, binary.bytes), ("/wA=", "base64", 2));
    }
}
