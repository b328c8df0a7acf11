import type { ConnectionHealth } from '../models/connection-health.js';
import { isLinkUp } from '../models/link-state.js';
import { ordersToCode } from '../models/orders-kind.js';
import { Capability, LinkStatus } from '../models/record-layout.js';
import type { NativeLink } from '../native/addon.js';

/** What the stub offers: all that there is. */
const STUB_CAPABILITIES = Object.values(Capability).reduce<number>((all, bit) => all | bit, 0);

/** A link of the stub as the addon's port shows one. */
export function nativeLinkOf(link: ConnectionHealth): NativeLink {
  return {
    connector: link.connector,
    status: isLinkUp(link.state) ? LinkStatus.Connected : LinkStatus.Lost,
    controlChannel: link.controlChannel,
    capabilities: STUB_CAPABILITIES,
    epoch: link.epoch,
    pid: link.pid ?? 0,
    version: link.version,
    heartbeatAgeNs: (link.heartbeatAgeMs ?? 0) * 1e6,
    orders: ordersToCode(link.orders),
    environment: link.environment,
    ordersAgreed: link.ordersAgreed,
  };
}
