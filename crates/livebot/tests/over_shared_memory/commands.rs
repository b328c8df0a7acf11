//! Commands and the stop from another thread.

use std::{sync::Arc, thread, time::Duration};

use hbl_livebot::{
    Command, CommandError, CommandKind, LadderMarketDepth, OrderNumbers, RecordKind, Remote,
};
use hbl_wire::Request;

use crate::support::{
    HashRig, SYMBOL, TIMEOUT, config, instrument, kinds, name, only, ready, request,
};

#[test]
fn commands_from_another_thread_interrupt_a_long_wait() {
    let (mut connector, mut rig) = ready(&name());
    let remote = Arc::new(Remote::new(None, Box::new(|| {})));
    rig.core.bind(remote.clone());
    let commander = remote.clone();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        let command = |order_id, kind| Command {
            number: 0,
            asset: 0,
            order_id,
            kind,
            deadline_ns: None,
        };
        let submit = CommandKind::Submit(OrderNumbers {
            side: 1,
            price: 99.0,
            qty: 1.0,
            time_in_force: 0,
            order_type: 0,
        });
        assert_eq!(commander.command(command(4, submit)), Some(1));
        assert_eq!(commander.command(command(77, CommandKind::Cancel)), Some(2));
    });
    let started = std::time::Instant::now();
    let refused = rig.batch(TIMEOUT);
    assert!(
        started.elapsed() < TIMEOUT / 2,
        "the command waited for the time-out"
    );
    assert_eq!(kinds(&refused), [13]);
    assert_eq!(
        (refused[0].order_id, refused[0].status, refused[0].value),
        (2, CommandError::OrderNotFound as u8, 77)
    );
    thread.join().unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Submit { .. }
    ));
    remote.stop();
    assert_eq!(
        rig.core.wait_batch(1_000_000_000, 10),
        Ok(hbl_livebot::Outcome::Stopped)
    );
    assert_eq!(
        remote.command(Command {
            number: 0,
            asset: 0,
            order_id: 1,
            kind: CommandKind::Cancel,
            deadline_ns: None,
        }),
        None
    );
}

fn submit_command(order_id: u64, deadline_ns: Option<u64>) -> Command {
    Command {
        number: 0,
        asset: 0,
        order_id,
        kind: CommandKind::Submit(OrderNumbers {
            side: 1,
            price: 99.0,
            qty: 1.0,
            time_in_force: 0,
            order_type: 0,
        }),
        deadline_ns,
    }
}

#[test]
fn commands_given_before_a_stop_are_still_carried_out() {
    let (mut connector, mut rig) = ready(&name());
    let remote = Arc::new(Remote::new(None, Box::new(|| {})));
    rig.core.bind(remote.clone());
    assert!(remote.command(submit_command(4, None)).is_some());
    remote.stop();
    assert_eq!(
        rig.core.wait_batch(1_000_000_000, 10),
        Ok(hbl_livebot::Outcome::Stopped)
    );
    let sent = connector.recv().unwrap();
    assert!(matches!(sent, Some(Request::Submit { order, .. }) if order.order_id == 4));
    rig.core.unbind();
    assert_ne!(
        rig.core.wait_batch(1_000_000, 10),
        Ok(hbl_livebot::Outcome::Stopped),
        "a bot that is untied obeys no stop"
    );
}

#[test]
fn a_command_that_was_given_too_long_ago_is_refused_by_the_bot() {
    let (mut connector, mut rig) = ready(&name());
    let remote = Arc::new(Remote::new(None, Box::new(|| {})));
    rig.core.bind(remote.clone());
    let now_ns = hbl_wire::clock::monotonic_ns();
    for command in [
        submit_command(5, Some(now_ns - 1)),
        submit_command(6, Some(now_ns + 60_000_000_000)),
    ] {
        assert!(remote.command(command).is_some());
    }
    let reported = rig.until(RecordKind::Command);
    let refused = only(&reported, RecordKind::Command)[0];
    assert_eq!(
        (refused.status, refused.value),
        (CommandError::TooLate as u8, 5)
    );
    let sent = request(&mut connector, &mut rig);
    assert!(matches!(sent, Request::Submit { order, .. } if order.order_id == 6));
    assert_eq!(
        connector.asked().deadline_mono_ns,
        Some(now_ns + 60_000_000_000)
    );
}

#[test]
fn an_id_is_free_again_once_its_bot_is_gone_even_if_the_remote_stays() {
    let name = name();
    let mut config = config(vec![instrument(&name, SYMBOL)]);
    config.bot_id = 0x00ab_0000 + u64::from(std::process::id());
    let remote = Arc::new(Remote::new(None, Box::new(|| {})));
    let mut rig = HashRig::new(&config);
    rig.core.bind(remote.clone());
    let twin = hbl_livebot::LiveCore::<LadderMarketDepth>::new(&config, false).err();
    assert!(twin.is_some_and(|error| error.to_string().contains("already running")));
    drop(rig);
    let second = HashRig::new(&config);
    remote.stop();
    drop(second);
    remote.close();
    HashRig::new(&config);
}
