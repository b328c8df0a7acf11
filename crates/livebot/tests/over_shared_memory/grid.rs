//! Quantities are the decimals that people write, whatever sums of floats a connector sends.

use crate::support::{SYMBOL, accept, buy, only, ready, submission};
use hbl_livebot::RecordKind;
use hftbacktest::types::Status;

/// What 0.006 three times gives, and 0.1 three times.
const NOISY: f64 = 0.006 + 0.006 + 0.006;
const NOISIER: f64 = 0.1 + 0.1 + 0.1;

#[test]
fn a_position_is_a_whole_number_of_lots() {
    assert_ne!(NOISY, 0.018);
    let (mut connector, mut rig) = ready(&crate::support::name());
    let to = rig.core.id();
    for (sent, seen) in [
        (NOISY, 0.018),
        (-NOISIER, -0.3),
        (0.0, 0.0),
        (0.0185, 0.0185),
    ] {
        connector.send_position(to, SYMBOL, sent, 5).unwrap();
        connector.flush().unwrap();
        let records = rig.until(RecordKind::Position);
        let qty: Vec<f64> = only(&records, RecordKind::Position)
            .iter()
            .map(|record| record.qty)
            .collect();
        assert_eq!(qty, [seen]);
        assert_eq!(rig.core.position(0), seen);
        assert_eq!(f64::from_bits(rig.state[4]), seen);
    }
}

#[test]
fn the_quantities_of_an_order_are_whole_numbers_of_lots() {
    let (mut connector, mut rig) = ready(&crate::support::name());
    let to = rig.core.id();
    rig.core.submit(0, buy(7, 99.5), 0).unwrap();
    let mut order = accept(
        &submission(&mut connector, &mut rig),
        Status::PartiallyFilled,
        10,
    );
    order.qty = 1.0 - 0.1 + 0.1 + NOISIER;
    order.leaves_qty = NOISIER;
    order.exec_qty = NOISY;
    connector.send_order(to, SYMBOL, &order).unwrap();
    connector.flush().unwrap();
    let records = only(&rig.until(RecordKind::Order), RecordKind::Order);
    let seen = records
        .last()
        .map(|one| (one.qty, one.leaves_qty, one.exec_qty));
    assert_eq!(seen, Some((1.3, 0.3, 0.018)));
    let held = rig
        .core
        .order(0, 7)
        .map(|one| (one.qty, one.leaves_qty, one.exec_qty));
    assert_eq!(held, Some((1.3, 0.3, 0.018)));
}
