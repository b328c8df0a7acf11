use super::*;
use crate::block_path::{bot_path, connector_path};

fn hello() -> Hello {
    Hello {
        version: "1.2.3".into(),
        kind: "sim".into(),
        capabilities: Capabilities::AMEND,
        destination: Destination::new(Orders::Paper, "testnet"),
    }
}

#[test]
fn a_control_block_says_where_orders_go_and_an_older_one_says_nothing() {
    let name = format!("t-destination-{}", std::process::id());
    let path = connector_path(&name);
    let own = ControlBlock::own(path.clone(), &name, &hello()).unwrap();
    let seen = ControlBlock::visit(path).unwrap().unwrap();
    assert_eq!(seen.destination(), hello().destination);
    // As an older connector leaves it.
    own.layout().orders.store(0, Ordering::Relaxed);
    store_text(&own.layout().environment, "");
    assert_eq!(seen.destination(), Destination::default());
}

#[test]
fn a_control_block_says_who_holds_it_and_is_gone_after_it() {
    let name = format!("t-page/{}", std::process::id());
    let path = connector_path(&name);
    assert!(ControlBlock::visit(path.clone()).unwrap().is_none());
    let own = ControlBlock::own(path.clone(), &name, &hello()).unwrap();
    let seen = ControlBlock::visit(path.clone()).unwrap().unwrap();
    assert!(seen.is_held() && !seen.is_ready() && !seen.is_replaced());
    own.set_state(ControlBlockState::Ready);
    assert!(seen.is_ready());
    assert_eq!(
        (seen.version().as_str(), seen.kind().as_str()),
        ("1.2.3", "sim")
    );
    assert!(seen.capabilities().contains(Capabilities::AMEND));
    assert!(!seen.capabilities().contains(Capabilities::CANCEL_ALL));
    assert_eq!(seen.pid(), std::process::id());
    let second = ControlBlock::own(path.clone(), &name, &hello());
    assert!(
        matches!(second, Err(WireError::AlreadyRunning { pid, .. }) if pid == std::process::id())
    );
    drop(own);
    assert!(!seen.is_held() && !seen.is_ready() && seen.is_replaced());
    assert!(ControlBlock::visit(path).unwrap().is_none());
}

#[test]
fn pages_of_the_dead_are_swept_and_pages_of_the_living_are_not() {
    let (dead, alive) = (bot_path(0x7e57_0000 + 1), bot_path(0x7e57_0000 + 2));
    fs::write(&dead, [0; BLOCK_BYTES]).unwrap();
    let block = ControlBlock::own(alive.clone(), "bot", &hello()).unwrap();
    crate::leftovers::sweep();
    assert!(!dead.exists() && alive.exists());
    drop(block);
}
