//! How fast one thread computes on ciphertexts; a part of the node's figures too.

use assay_fhe::{
    Bundle, Integers,
    evaluate::{Job, Limits},
    keys,
};
use serde_json::{Value, json};

/// Numbers that each operation is measured with.
const NUMBERS: usize = 2;

/// Each operation is repeated for so long, in seconds.
const LONG_ENOUGH: f64 = 0.5;

/// What the processor spent on this process so far, in seconds: other work on the machine does not count. The kernel tells
/// in hundredths.
fn on_processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("the kernel tells of its scheduling");
    let fields = text.rsplit(')').next().expect("a process has a name").split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}

/// Processor's seconds of some work, and what it gave.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = on_processor();
    let given = work();
    (on_processor() - start, given)
}

/// Processor's seconds to make keys and to unpack one, bytes of each, and for these widths, of each operation, how many a second
/// one core does (numbers taken by it) and fuel a second.
pub fn fhe(widths: &[Integers]) -> Value {
    let (keygen, pair) = timed(|| keys::generate().expect("keys are within their limits"));
    let (unpack, _) = timed(|| keys::server_key(&pair.server).expect("the key was just made"));
    let rates: serde_json::Map<String, Value> =
        widths.iter().map(|integers| (name(*integers), rates(&pair, *integers))).collect();
    json!({"keygen_seconds": keygen, "unpack_seconds": unpack, "client_key_bytes": pair.client.len(),
        "server_key_bytes": pair.server.len(), "per_second": rates})
}

/// As circuits have it.
fn name(integers: Integers) -> String {
    json!(integers).as_str().expect("it is a word").to_owned()
}

fn rates(pair: &keys::Keys, integers: Integers) -> Value {
    let client = keys::client_key(&pair.client).expect("the key was just made");
    let numbers: Vec<i64> = (0..NUMBERS as i64).map(|number| number * 37 - 50).collect();
    let sealed = keys::encrypt(&client, integers, &numbers).expect("the numbers fit");
    let vector: Vec<&[u8]> = sealed.iter().map(Vec::as_slice).collect();
    let bytes = sealed[0].len();
    let input = Bundle { server_key: &pair.server, vectors: vec![vector] }.to_bytes();
    let ops = [
        ("add", json!({"op": "add", "a": 0, "b": 0})),
        ("mul", json!({"op": "mul", "a": 0, "b": 0})),
        ("mul_plain", json!({"op": "mul_plain", "a": 0, "by": [-1234]})),
        ("div_plain", json!({"op": "div_plain", "a": 0, "by": 7})),
        ("sum", json!({"op": "sum", "a": 0})),
        ("compare", json!({"op": "compare", "a": 0, "is": "gt", "than": 3})),
    ];
    let mut rates = serde_json::Map::from_iter([("ciphertext_bytes".to_owned(), json!(bytes))]);
    for (op, document) in ops {
        let circuit = json!({"version": 1, "integers": integers, "vectors": ["slice"], "ops": [document]}).to_string();
        let limits = Limits { fuel: 1_000_000, memory_mib: 1024, output_bytes: 1 << 20 };
        let job = Job::prepare(circuit.as_bytes(), &input, 1, limits).expect("the job is sound");
        let (mut seconds, mut times, mut last) = (0.0, 0.0, (vec![], 0));
        while seconds < LONG_ENOUGH {
            let (more, ran) = timed(|| job.run(0).expect("the job is sound"));
            (seconds, times, last) = (seconds + more, times + 1.0, ran);
        }
        let (output, fuel) = last;
        let rate = json!({"operations": NUMBERS as f64 * times / seconds, "fuel": fuel as f64 * times / seconds,
            "output_bytes": output.len()});
        rates.insert(op.to_owned(), rate);
    }
    rates.into()
}
