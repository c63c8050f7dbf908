//! `fhe keygen`, `fhe encrypt`, `fhe decrypt`: the requester's side of encrypted jobs. Nothing here touches the network.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use assay_fhe::{Bundle, Circuit, FheError, MAX_CIRCUIT_BYTES, MAX_KEY_BYTES, keys, read_output};
use assay_sdk::result::ResultDocument;
use serde::Serialize;
use serde_json::json;

use crate::{
    args::{FheDecrypt, FheEncrypt, FheKeys},
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Longest file of numbers, in bytes.
const MAX_NUMBERS_BYTES: u64 = 4 << 20;
/// Longest result document, in bytes.
const MAX_RESULT_BYTES: u64 = 1 << 31;

fn refused(error: FheError) -> Error {
    Error::Refused(error.to_string())
}

/// Makes keys, and never overwrites any.
pub fn keygen(context: &Context, args: &FheKeys) -> Result<()> {
    // Before the seconds that keys take.
    for path in [&args.client_key, &args.server_key] {
        if path.exists() {
            return Err(exists(path));
        }
    }
    let keys = keys::generate().map_err(refused)?;
    create(&args.client_key, &keys.client, 0o600)?;
    create(&args.server_key, &keys.server, 0o644)?;
    let (client, server) = (args.client_key.display().to_string(), args.server_key.display().to_string());
    context.out.talk("Keep the client key: without it no result can be read, and with it all can.");
    let document =
        json!({"client_key": client, "server_key": server, "server_key_bytes": keys.server.len().to_string()});
    let size = format!("{server} ({} MiB)", keys.server.len() >> 20);
    context.out.data(&document, || facts(&[("client key", client), ("server key", size)]))
}

/// Encrypts vectors into a job's input.
pub fn encrypt(context: &Context, args: &FheEncrypt) -> Result<()> {
    let circuit = circuit(&args.circuit)?;
    let client = keys::client_key(&read(&args.keys.client_key, MAX_KEY_BYTES as u64)?).map_err(refused)?;
    let server = read(&args.keys.server_key, MAX_KEY_BYTES as u64)?;
    let numbers = args.vectors.iter().map(|path| numbers(path)).collect::<Result<Vec<_>>>()?;
    let lengths: Vec<usize> = numbers.iter().map(Vec::len).collect();
    let plans = (0..args.units).map(|unit| circuit.plan(&lengths, unit, args.units)).collect::<Result<Vec<_>, _>>();
    let plans = plans.map_err(refused)?;
    let vectors = numbers.iter().map(|numbers| keys::encrypt(&client, circuit.integers, numbers));
    let vectors = vectors.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let vectors = vectors.iter().map(|vector| vector.iter().map(Vec::as_slice).collect()).collect();
    let bytes = Bundle { server_key: &server, vectors }.to_bytes();
    // What was written is what nodes will take.
    Bundle::parse(&bytes).map_err(refused)?;
    fs::write(&args.outfile, &bytes).map_err(Error::file("write", &args.outfile))?;
    let fuel = plans.iter().map(|plan| plan.fuel).max().unwrap_or(1);
    let memory = plans.iter().map(|plan| plan.memory_mib(circuit.integers)).max().unwrap_or(1);
    let file = args.outfile.display().to_string();
    let document = json!({"file": file, "bytes": bytes.len().to_string(),
        "limits": {"fuel": fuel.to_string(), "memory_mib": memory.to_string()}});
    context.out.data(&document, || {
        facts(&[
            ("input", file),
            ("bytes", bytes.len().to_string()),
            ("limits.fuel", fuel.to_string()),
            ("limits.memory_mib", memory.to_string()),
        ])
    })
}

#[derive(Serialize)]
struct Decrypted {
    /// The numbers of each unit, as text: 64 bits are more than JSON keeps.
    units: Vec<Vec<String>>,
}

/// Decrypts a job's result.
pub fn decrypt(context: &Context, args: &FheDecrypt) -> Result<()> {
    let circuit = circuit(&args.circuit)?;
    let client = keys::client_key(&read(&args.keys.client_key, MAX_KEY_BYTES as u64)?).map_err(refused)?;
    let server = keys::server_key(&read(&args.keys.server_key, MAX_KEY_BYTES as u64)?).map_err(refused)?;
    let result = ResultDocument::parse(&read(&args.result, MAX_RESULT_BYTES)?);
    let result = result.map_err(|error| Error::Refused(error.to_string()))?;
    let mut units = vec![];
    for (unit, output) in result.outputs.iter().enumerate() {
        let numbers =
            read_output(output).and_then(|numbers| keys::decrypt(&client, &server, circuit.integers, &numbers));
        let numbers = numbers.map_err(|error| {
            // What a unit comes to that cannot be computed is text that says why.
            let said = String::from_utf8(output.clone()).ok().filter(|text| text.starts_with("assay: "));
            Error::Refused(format!("unit {unit}: {}", said.unwrap_or_else(|| error.to_string())))
        })?;
        units.push(numbers.iter().map(i64::to_string).collect());
    }
    let decrypted = Decrypted { units };
    context.out.data(&decrypted, || decrypted.units.iter().map(|unit| unit.join(" ")).collect::<Vec<_>>().join("\n"))
}

fn circuit(path: &Path) -> Result<Circuit> {
    Circuit::parse(&read(path, MAX_CIRCUIT_BYTES as u64)?).map_err(refused)
}

fn numbers(path: &Path) -> Result<Vec<i64>> {
    let text = String::from_utf8_lossy(&read(path, MAX_NUMBERS_BYTES)?).into_owned();
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    words
        .map(|word| {
            // Not the word itself: it is what is to stay secret.
            word.parse().map_err(|_| Error::Usage(format!("{}: only whole numbers of 64 bits", path.display())))
        })
        .collect()
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![];
    let file = fs::File::open(path).map_err(Error::file("open", path))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(Error::file("read", path))?;
    if bytes.len() as u64 > most {
        return Err(Error::Usage(format!("{} is longer than {most} bytes: is it the right file?", path.display())));
    }
    Ok(bytes)
}

fn exists(path: &Path) -> Error {
    Error::Refused(format!("{} exists already and is not overwritten: name another file", path.display()))
}

fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = file.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => Error::File { action: "create", path: path.to_owned(), source },
    })?;
    file.write_all(bytes).map_err(Error::file("write", path))
}
