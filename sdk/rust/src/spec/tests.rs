use super::*;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../schema/job-spec.schema.json");

fn sample() -> Value {
    json!({
        "version": 1, "name": "pPCP1 open reading frames", "engine": "wasm",
        "program": {"uri": "https://example.org/orf.wasm", "sha256": "ab".repeat(32)},
        "input": {"uri": "file:///srv/pPCP1.fasta", "sha256": "01".repeat(32)},
        "units": 32, "args": ["--min-orf", "90"],
        "limits": {"fuel": 5_000_000_000u64, "memory_mib": 64, "output_bytes": 1_048_576},
        "seed": 7
    })
}

fn parse(value: &Value) -> Result<JobSpec, SpecError> {
    JobSpec::parse(value.to_string().as_bytes())
}

/// The sample with the value at a JSON pointer replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut spec = sample();
    *spec.pointer_mut(pointer).unwrap() = value;
    spec
}

#[test]
fn canonical_form_and_hash_are_fixed() {
    let spec = parse(&sample()).unwrap();
    let canonical = concat!(
        r#"{"args":["--min-orf","90"],"engine":"wasm","#,
        r#""input":{"sha256":"0101010101010101010101010101010101010101010101010101010101010101","#,
        r#""uri":"file:///srv/pPCP1.fasta"},"limits":{"fuel":5000000000,"memory_mib":64,"output_bytes":1048576},"#,
        r#""name":"pPCP1 open reading frames","program":{"#,
        r#""sha256":"abababababababababababababababababababababababababababababababab","#,
        r#""uri":"https://example.org/orf.wasm"},"seed":7,"units":32,"version":1}"#,
    );
    assert_eq!(String::from_utf8(spec.canonical()).unwrap(), canonical);
    assert_eq!(hex::encode(spec.hash()), HASH_OF_SAMPLE);
    assert_eq!(parse(&serde_json::from_str(canonical).unwrap()).unwrap(), spec);
}
/// `printf %s '<canonical form>' | sha256sum`
const HASH_OF_SAMPLE: &str = "3804b9c57741588f100003097836408539fc12f0633bd317ebc22dee774c5168";

#[test]
fn defaults_do_not_change_the_hash() {
    let mut short = sample();
    short.as_object_mut().unwrap().remove("args");
    short.as_object_mut().unwrap().remove("seed");
    let mut long = with("/args", json!([]));
    long["seed"] = json!(0);
    assert_eq!(parse(&short).unwrap().hash(), parse(&long).unwrap().hash());
    assert_ne!(parse(&short).unwrap().hash(), parse(&sample()).unwrap().hash());
}

/// Old specs keep their hashes; with another encryption it is another spec.
#[test]
fn encryption_is_part_of_the_hash_where_there_is_one() {
    let mut private = sample();
    private["input"]["encryption"] = json!("age");
    let private = parse(&private).unwrap();
    let text = String::from_utf8(private.canonical()).unwrap();
    assert!(text.contains(r#""input":{"encryption":"age","sha256":"0101"#), "{text}");
    assert_ne!(private.hash(), parse(&sample()).unwrap().hash());
    assert_eq!((private.is_private(), parse(&sample()).unwrap().is_private()), (true, false));
    let mut unknown = sample();
    unknown["input"]["encryption"] = json!("rot13");
    assert!(parse(&unknown).unwrap_err().to_string().contains("unknown variant `rot13`, expected `age`"));
}

#[test]
fn artifacts_may_be_in_buckets_and_on_ipfs() {
    for uri in ["s3://bucket/a/b.wasm", "ipfs://bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"] {
        assert_eq!(parse(&with("/input/uri", json!(uri))).unwrap().input.uri, uri);
    }
}

#[test]
fn largest_values_are_accepted_and_kept_exactly() {
    let mut spec = with("/units", json!(MAX_UNITS));
    spec["seed"] = json!(MAX_SEED);
    spec["limits"] = json!({"fuel": MAX_FUEL, "memory_mib": MAX_MEMORY_MIB, "output_bytes": MAX_OUTPUT_BYTES});
    let text = String::from_utf8(parse(&spec).unwrap().canonical()).unwrap();
    for exact in [r#""seed":9007199254740991,"#, r#""fuel":1000000000000,"#, r#""units":4294967296,"#] {
        assert!(text.contains(exact), "{exact} in {text}");
    }
}

#[test]
fn wrong_documents_get_named_errors() {
    let upper = "AB".repeat(32);
    let table: Vec<(Value, &str)> = vec![
        (with("/version", json!(2)), "spec version 2 is not known here"),
        (with("/name", json!("")), "`name` must"),
        (with("/name", json!("a\nb")), "`name` must"),
        (with("/name", json!("x".repeat(129))), "`name` must"),
        (with("/engine", json!("docker")), "unknown variant `docker`"),
        (with("/program/sha256", json!("abc")), "`program.sha256` must be 64"),
        (with("/input/sha256", json!(upper)), "`input.sha256` must be 64"),
        (with("/input/sha256", json!("g".repeat(64))), "`input.sha256` must be 64"),
        (with("/program/uri", json!("ftp://example.org/a")), "`program.uri` must start"),
        (with("/program/uri", json!("file://host/a")), "`program.uri` must start"),
        (with("/program/uri", json!("https://")), "`program.uri` must start"),
        (with("/program/uri", json!("s3://")), "`program.uri` must start"),
        (with("/program/uri", json!("ipfs:/bafy")), "`program.uri` must start"),
        (with("/input/uri", json!("https://example.org/a b")), "`input.uri` must start"),
        (with("/units", json!(0)), "`units` is 0"),
        (with("/units", json!(MAX_UNITS + 1)), "`units` is 4294967297"),
        (with("/units", json!(-1)), "invalid value: integer `-1`"),
        (with("/args", json!(["a\0b"])), "`args` must"),
        (with("/args", json!(vec!["a"; 257])), "`args` must"),
        (with("/args", json!(["a".repeat(MAX_ARGS_BYTES + 1)])), "`args` must"),
        (with("/limits/fuel", json!(0)), "`limits.fuel` is 0; it must be 1 to 1000000000000"),
        (with("/limits/fuel", json!(MAX_FUEL + 1)), "`limits.fuel` is 1000000000001"),
        (with("/limits/memory_mib", json!(1025)), "`limits.memory_mib` is 1025"),
        (with("/limits/output_bytes", json!(MAX_OUTPUT_BYTES + 1)), "`limits.output_bytes` is 16777217"),
        (with("/seed", json!(MAX_SEED + 1)), "`seed` is 9007199254740992"),
        (with("/limits", json!({"fuel": 1})), "missing field `memory_mib`"),
    ];
    for (document, expected) in table {
        let error = parse(&document).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} should contain {expected:?}");
    }
    let mut unknown = sample();
    unknown["unit"] = json!(1);
    assert!(parse(&unknown).unwrap_err().to_string().contains("unknown field `unit`"));
    assert!(matches!(JobSpec::parse(b"{"), Err(SpecError::Malformed(_))));
    assert!(matches!(JobSpec::parse(&[b' '; MAX_DOCUMENT_BYTES + 1]), Err(SpecError::TooLong(65_537))));
}

#[test]
fn another_spec_than_the_agreed_one_is_refused() {
    let text = sample().to_string();
    let hash = parse(&sample()).unwrap().hash();
    assert_eq!(JobSpec::parse_expecting(text.as_bytes(), &hash).unwrap().units, 32);
    let error = JobSpec::parse_expecting(text.as_bytes(), &[7; 32]).unwrap_err();
    assert!(matches!(error, SpecError::HashMismatch { found, .. } if found == hex::encode(hash)));
}

/// The committed schema and the struct name the same fields, require the same ones and state the same bounds.
#[test]
fn schema_keeps_step_with_the_struct() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut sample = sample();
    sample["program"]["encryption"] = json!("age");
    let spec = serde_json::to_value(parse(&sample).unwrap()).unwrap();
    let levels = [
        (&schema, &spec, vec!["args", "seed"]),
        (&schema["$defs"]["artifact"], &spec["program"], vec!["encryption"]),
        (&schema["properties"]["limits"], &spec["limits"], vec![]),
    ];
    for (schema, value, optional) in levels {
        assert_eq!(schema["additionalProperties"], json!(false));
        let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(keys(&schema["properties"]), keys(value));
        let required: std::collections::BTreeSet<String> = serde_json::from_value(schema["required"].clone()).unwrap();
        assert_eq!(required, keys(value).into_iter().filter(|k| !optional.contains(&k.as_str())).collect());
    }
    let bounds = [
        ("/properties/version/const", json!(VERSION)),
        ("/properties/name/maxLength", json!(MAX_NAME_CHARS)),
        ("/properties/engine/enum", json!(Engine::ALL)),
        ("/properties/units/minimum", json!(1)),
        ("/properties/units/maximum", json!(MAX_UNITS)),
        ("/properties/args/maxItems", json!(MAX_ARGS)),
        ("/properties/args/default", json!([])),
        ("/properties/seed/maximum", json!(MAX_SEED)),
        ("/properties/seed/default", json!(0)),
        ("/properties/limits/properties/fuel/maximum", json!(MAX_FUEL)),
        ("/properties/limits/properties/memory_mib/maximum", json!(MAX_MEMORY_MIB)),
        ("/properties/limits/properties/output_bytes/maximum", json!(MAX_OUTPUT_BYTES)),
        ("/$defs/artifact/properties/uri/maxLength", json!(MAX_URI_BYTES)),
        ("/$defs/artifact/properties/sha256/pattern", json!("^[0-9a-f]{64}$")),
        ("/$defs/artifact/properties/encryption/enum", json!([Encryption::Age])),
    ];
    for (pointer, expected) in bounds {
        assert_eq!(schema.pointer(pointer), Some(&expected), "{pointer}");
    }
}

/// The numbers are on chain: they stay.
#[test]
fn engines_have_names_and_numbers() {
    let all = Engine::ALL.map(|engine| (engine.name(), engine.number(), engine.bit()));
    assert_eq!(all, [("wasm", 0, 1), ("oci", 1, 2), ("tfhe", 2, 4)]);
    for engine in Engine::ALL {
        assert_eq!(json!(engine), json!(engine.name()));
        assert_eq!(engine.name().parse(), Ok(engine));
    }
    assert!("Wasm".parse::<Engine>().is_err());
}
