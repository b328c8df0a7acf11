import type { ConnectionHealth } from '../models/connection-health.js';
import { isLinkUp, linkStateFromCode } from '../models/link-state.js';
import { ordersFromCode } from '../models/orders-kind.js';
import { Capability } from '../models/record-layout.js';
import { withJson } from '../models/with-json.js';
import type { NativeLink } from '../native/addon.js';

/** True when the connector reports the account's balances. */
export function reportsBalances(link: NativeLink): boolean {
  return (link.capabilities & Capability.Balances) !== 0;
}

/** A link of the addon in the form of bots and clients. */
export function connectionHealth(link: NativeLink): ConnectionHealth {
  const state = linkStateFromCode(link.status);
  return withJson({
    connector: link.connector,
    state,
    connected: isLinkUp(state),
    controlChannel: link.controlChannel,
    balances: reportsBalances(link),
    epoch: link.epoch,
    pid: link.pid === 0 ? undefined : link.pid,
    version: link.version,
    heartbeatAgeMs: link.heartbeatAgeNs < 0 ? undefined : link.heartbeatAgeNs / 1e6,
    orders: ordersFromCode(link.orders),
    environment: link.environment === '' ? 'unknown' : link.environment,
    ordersAgreed: link.ordersAgreed,
  });
}
