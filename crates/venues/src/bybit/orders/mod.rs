//! Orders at Bybit: ids, states, queries, and the orders of previous sessions.

pub mod arrival;
mod followed_order;
pub mod link_id;
pub mod order_queries;
pub mod order_table;
pub mod reconcile;
mod recovered;
#[cfg(test)]
mod test_order;
pub mod venue_order;
