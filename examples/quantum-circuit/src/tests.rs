use super::*;

fn counts(program: &str) -> Vec<(String, u64)> {
    let circuit = parse::parse(program).unwrap();
    sample(&circuit, 1000, Random::new(1, 0)).unwrap().into_iter().collect()
}

fn certain(program: &str) -> String {
    let counts = counts(program);
    assert_eq!((counts.len(), counts[0].1), (1, 1000), "{counts:?}");
    counts[0].0.clone()
}

#[test]
fn both_versions_of_the_language_mean_the_same() {
    let two = "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[2]; creg c[2]; h q[0]; cx q[0], q[1]; measure q -> c;";
    let three =
        "OPENQASM 3; include \"stdgates.inc\"; qubit[2] q; bit[2] c; h q[0]; ctrl @ x q[0], q[1]; c = measure q;";
    let counts = [two, three].map(counts);
    assert_eq!(counts[0], counts[1]);
    let [(zeros, few), (ones, many)] = &counts[0][..] else { panic!("{counts:?}") };
    assert_eq!((zeros.as_str(), ones.as_str(), few + many), ("00", "11", 1000));
    assert!((400..600).contains(few), "{few}");
}

#[test]
fn gates_do_what_they_say() {
    let bit = |gates: &str| certain(&format!("qubit[3] q; bit[3] c; {gates} c = measure q;"));
    assert_eq!(bit("x q[1];"), "010");
    assert_eq!(bit("x q;"), "111");
    assert_eq!(bit("h q[0]; z q[0]; h q[0];"), "001");
    assert_eq!(bit("h q[0]; s q[0]; s q[0]; h q[0];"), "001");
    assert_eq!(bit("sx q[0]; sx q[0];"), "001");
    assert_eq!(bit("rx(pi) q[0]; ry(-pi) q[1]; u3(pi, 0, pi) q[2];"), "111");
    assert_eq!(bit("x q[0]; swap q[0], q[2];"), "100");
    assert_eq!(bit("x q[0]; x q[1]; ccx q[0], q[1], q[2];"), "111");
    assert_eq!(bit("x q[0]; ctrl(2) @ x q[0], q[1], q[2];"), "001");
    assert_eq!(bit("x q[0]; x q[1]; cswap q[0], q[1], q[2];"), "101");
    // A controlled phase is seen from the control's side.
    assert_eq!(bit("x q[1]; h q[0]; cp(2 * pi / (1 + 1)) q[0], q[1]; h q[0];"), "011");
    // sx twice under a control is x, without a phase of its own.
    assert_eq!(bit("h q[0]; ctrl @ sx q[0], q[1]; ctrl @ sx q[0], q[1]; cx q[0], q[1]; h q[0];"), "000");
    assert_eq!(bit("gate flip(a) p, r { rx(a) p; cx p, r; } flip(pi) q[0], q[2]; inv @ flip(pi) q[0], q[2];"), "000");
}

#[test]
fn what_was_measured_decides_what_follows() {
    let teleport = "qubit[3] q; bit m0; bit m1; bit c; ry(pi / 3) q[0]; h q[1]; cx q[1], q[2]; cx q[0], q[1]; h q[0];
        m0 = measure q[0]; m1 = measure q[1]; if (m1 == 1) x q[2]; if (m0) { z q[2]; }
        ry(-pi / 3) q[2]; c = measure q[2];";
    assert!(counts(teleport).iter().all(|(outcome, _)| outcome.starts_with('0')));
    assert_eq!(counts(teleport).len(), 4);
    assert_eq!(certain("qubit q; bit c; h q; reset q; c = measure q;"), "0");
}

#[test]
fn what_is_not_understood_is_said() {
    let error = |program: &str| parse::parse(program).err().unwrap().to_string();
    assert_eq!(error("qubit[21] q;"), "q: at most 20 of them, and at least one");
    assert_eq!(
        error("qubit[2] q; bit c; cx q[0], q[0];"),
        "cx: too few qubits, one of them twice, or a gate that uses itself"
    );
    assert_eq!(error("qubit q; bit c; warp q;"), "there is no gate warp with 0 parameters; define it with `gate`");
    assert_eq!(error("qubit q; bit c; gate a p { a p; } a q;").split(':').next(), Some("a"));
    assert_eq!(error("qubit q; bit c; for"), "the program ends too early");
    assert_eq!(error("qubit q; h q[1];"), "q has no place 1");
}
