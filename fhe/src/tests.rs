use serde_json::{Value, json};

use super::*;

fn circuit(vectors: &[&str], ops: Value) -> Result<Circuit, FheError> {
    let text = json!({"version": 1, "integers": "int16", "vectors": vectors, "ops": ops}).to_string();
    Circuit::parse(text.as_bytes())
}

#[test]
fn units_share_a_vector_among_themselves() {
    for (length, units) in [(10, 3), (7, 7), (65_536, 11), (4, 1)] {
        let slices: Vec<_> = (0..units).map(|unit| slice(length, unit, units)).collect();
        assert_eq!(slices.iter().cloned().flatten().collect::<Vec<_>>(), (0..length).collect::<Vec<_>>());
        let lengths: Vec<_> = slices.iter().map(ExactSizeIterator::len).collect();
        assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1);
    }
    assert_eq!(slice(10, 1, 3), 3..6);
}

#[test]
fn a_plan_tells_lengths_and_fuel() {
    let ops =
        json!([{"op": "mul", "a": 0, "b": 1}, {"op": "sum", "a": 2}, {"op": "compare", "a": 3, "is": "gt", "than": 5}]);
    let plan = circuit(&["slice", "whole"], ops).unwrap().plan(&[6, 3], 1, 2).unwrap();
    assert_eq!(plan.slice, 3..6);
    assert_eq!(plan.lengths, [3, 3, 3, 1, 1]);
    let each = |op: &Op, numbers| shape::fuel(op, 16, numbers);
    let (mul, sum) = (Op::Mul { a: 0, b: 1 }, Op::Sum { a: 2 });
    assert_eq!(plan.fuel, each(&mul, 3) + each(&sum, 3) + each(&Op::Compare { a: 3, is: Comparison::Gt, than: 5 }, 1));
    assert!(shape::fuel(&mul, 32, 1) > each(&mul, 1), "wider numbers cost more");
}

#[test]
fn plain_numbers_are_one_for_all_or_one_for_each_or_the_units_slice() {
    let numbers = |by: &[i64]| plain(by, 2, &(2..4)).collect::<Vec<_>>();
    assert_eq!(numbers(&[9]), [9, 9]);
    assert_eq!(numbers(&[1, 2]), [1, 2]);
    assert_eq!(numbers(&[1, 2, 3, 4]), [3, 4]);
    let with =
        |by: Value| circuit(&["slice"], json!([{"op": "mul_plain", "a": 0, "by": by}])).unwrap().plan(&[4], 1, 2);
    assert!(with(json!([1])).is_ok() && with(json!([1, 2])).is_ok() && with(json!([1, 2, 3, 4])).is_ok());
    assert!(with(json!([1, 2, 3])).is_err() && with(json!([])).is_err());
    // A sum is one number, of which there is no slice.
    let sum = json!([{"op": "sum", "a": 0}, {"op": "add_plain", "a": 1, "by": [1, 2, 3, 4]}]);
    assert!(circuit(&["slice"], sum).unwrap().plan(&[4], 1, 2).is_err());
}

#[test]
fn wrong_circuits_are_refused() {
    let sum = json!([{"op": "sum", "a": 0}]);
    let table = [
        (circuit(&[], sum.clone()), "0 vectors"),
        (circuit(&["slice"; 17], sum.clone()), "17 vectors"),
        (circuit(&["slice"], json!([])), "0 operations"),
        (circuit(&["slice"], json!(vec![sum[0].clone(); 257])), "257 operations"),
        (circuit(&["slice"], json!([{"op": "sum", "a": 1}])), "names value 1"),
        (circuit(&["slice"], json!([{"op": "add", "a": 0, "b": 7}])), "names value 7"),
        (circuit(&["slice"], json!([{"op": "div_plain", "a": 0, "by": 0}])), "divides by 0"),
        (circuit(&["slice"], json!([{"op": "mul_plain", "a": 0, "by": [1, 40_000]}])), "40000 does not fit 16 bits"),
        (circuit(&["slice"], json!([{"op": "xor", "a": 0}])), "unknown variant"),
        (circuit(&["slice"], json!([{"op": "sum", "a": 0, "c": 0}])), "unknown field"),
        (
            Circuit::parse(br#"{"version":2,"integers":"int16","vectors":["slice"],"ops":[{"op":"sum","a":0}]}"#),
            "version 2",
        ),
        (Circuit::parse(&[b' '; MAX_CIRCUIT_BYTES + 1]), "more than"),
    ];
    for (circuit, why) in table {
        let error = circuit.unwrap_err().to_string();
        assert!(error.contains(why), "{error:?} should contain {why:?}");
    }
    let unequal = circuit(&["slice", "slice"], json!([{"op": "add", "a": 0, "b": 1}])).unwrap();
    assert!(unequal.plan(&[4, 5], 0, 1).unwrap_err().to_string().contains("differ in length"));
    assert!(unequal.plan(&[4], 0, 1).unwrap_err().to_string().contains("wants 2 vectors"));
    let short = circuit(&["slice", "whole"], json!([{"op": "add", "a": 0, "b": 1}])).unwrap();
    assert!(short.plan(&[4, 5], 0, 1).unwrap_err().to_string().contains("4 numbers, the other 5"));
}

#[test]
fn bundles_are_read_within_bounds() {
    let bundle = Bundle { server_key: b"key", vectors: vec![vec![b"one", b"two"], vec![b"three"]] };
    let bytes = bundle.to_bytes();
    assert_eq!(Bundle::parse(&bytes), Ok(bundle));
    for length in 0..bytes.len() {
        assert!(Bundle::parse(&bytes[..length]).is_err(), "cut at {length}");
    }
    let mut huge = bytes.clone();
    huge[10..14].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(Bundle::parse(&huge).unwrap_err().to_string().contains("4294967295"));
    let numbers = [b"one".to_vec(), b"two".to_vec()];
    assert_eq!(read_output(&output(&numbers)), Ok(vec![b"one".as_slice(), b"two"]));
    assert!(read_output(b"assay: this unit cannot be computed").is_err());
}
