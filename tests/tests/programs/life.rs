use assay_tests::{World, market::*, world::*};

#[test]
fn happy() {
    let mut w = World::with_operators(5);
    let alice = w.alice;
    let job = w.open(&alice, 1);
    let [a, b, c] = [w.operators[0], w.operators[1], w.operators[2]];
    w.judge(&job, &[(a, honest()), (b, lie(&b)), (c, honest())]);
    w.settle(&job, &a);
    w.slash(&job, &b);
    w.settle(&job, &c);
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).unwrap();
    assert_eq!(w.usd_of(&a), SEAT_PRICE - FEE);
}
