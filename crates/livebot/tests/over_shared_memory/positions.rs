//! A position is not known until it is reported.

use crate::support::{
    HashRig, SYMBOL, answer, config, connector, instrument, name, only, registration,
};
use hbl_livebot::{Record, RecordKind};
use hbl_wire::ControlEvent;

fn position(rig: &HashRig) -> f64 {
    let position = rig.core.position(0);
    let shown = f64::from_bits(rig.state[4]);
    assert!(position == shown || position.is_nan() && shown.is_nan());
    position
}

fn positions(records: &[Record]) -> Vec<f64> {
    let records = only(records, RecordKind::Position);
    records.iter().map(|record| record.qty).collect()
}

#[test]
fn it_is_nan_until_it_is_reported_and_again_when_the_connector_cannot_know_it() {
    let name = name();
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    assert!(position(&rig).is_nan(), "no connector yet");
    let mut connector = connector(&name);
    let bot = registration(&mut connector, &mut rig);
    assert!(position(&rig).is_nan(), "no answer yet");
    answer(&mut connector, bot, SYMBOL, &[], 0.0);
    assert_eq!(positions(&rig.until(RecordKind::BookReady)), [0.0]);
    assert_eq!(position(&rig), 0.0);

    connector.send_position(bot, SYMBOL, f64::NAN, 2).unwrap();
    connector.flush().unwrap();
    let unknown = positions(&rig.until(RecordKind::Position));
    assert!(unknown.len() == 1 && unknown[0].is_nan(), "{unknown:?}");
    assert!(position(&rig).is_nan());
    connector.send_position(bot, SYMBOL, -0.5, 3).unwrap();
    connector.flush().unwrap();
    rig.until(RecordKind::Position);
    assert_eq!(position(&rig), -0.5);
}

#[test]
fn without_a_key_it_is_not_known_and_after_one_it_is_as_it_was_known_last() {
    let name = name();
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let mut keyless = connector(&name);
    let bot = registration(&mut keyless, &mut rig);
    let text = "there is no key".to_owned();
    let unknown = ControlEvent::OrdersUnknown { text };
    keyless.send_control(bot, &unknown).unwrap();
    answer(&mut keyless, bot, SYMBOL, &[], 0.0);
    assert_eq!(positions(&rig.until(RecordKind::BookReady)), []);
    assert!(position(&rig).is_nan(), "without an account");

    drop(keyless);
    let mut with_key = connector(&name);
    let bot = registration(&mut with_key, &mut rig);
    answer(&mut with_key, bot, SYMBOL, &[], 0.25);
    rig.until(RecordKind::BookReady);
    assert_eq!(position(&rig), 0.25);
}
