// Made from crates/venues/src/kinds.rs. After a change there:
// UPDATE_KINDS=1 cargo test --release -p hbl-venues --test main kinds

/** A kind of connector. */
export type ConnectorKind = 'sim' | 'replay' | 'bybit' | 'binancefutures';

/** Every kind of connector. */
export const CONNECTOR_KINDS: readonly ConnectorKind[] = [
  'sim',
  'replay',
  'bybit',
  'binancefutures',
];
