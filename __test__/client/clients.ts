import { afterEach, expect } from 'vitest';

import type { LiveClientOptions } from '../../lib/client/client-options.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { WireStatus } from '../../lib/models/wire-status.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { FakeSession, settled } from './fake-session.js';

export const instrument = new LiveInstrument('BTCUSDT')
  .connector('fake')
  .tickSize(0.5)
  .lotSize(0.1);

/** An order that fits the instrument. */
export const buy = { side: 'buy' as const, price: 100, qty: 1 };

const open: LiveClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

/** A client on a fake session; closed after the test. */
export function fakeClient(
  options: Partial<LiveClientOptions> = {},
  session = new FakeSession(),
): {
  client: LiveClient;
  session: FakeSession;
} {
  const client = new LiveClient(
    // No answer comes by itself here.
    { instruments: [instrument], stopWaitMs: 1, ...options },
    session.open,
  );
  open.push(client);
  return { client, session };
}

/** The same, started and connected. */
export async function connectedClient(
  options: Partial<LiveClientOptions> = {},
): Promise<{ client: LiveClient; session: FakeSession }> {
  const made = fakeClient(options);
  await made.client.start();
  made.session.connect();
  await settled();
  return made;
}

/** A client with one open order, buy 1 at 100. */
export async function withOrder(options: Partial<LiveClientOptions> = {}): Promise<{
  client: LiveClient;
  session: FakeSession;
  id: bigint;
}> {
  const { client, session } = await connectedClient(options);
  const outcome = client.submitOrder(buy);
  await settled();
  const id = session.last('submit').orderId;
  session.order(id, WireStatus.New);
  expect(await outcome).toMatchObject({ status: 'accepted', order: { orderId: id, state: 'new' } });
  return { client, session, id };
}

/** A client on the stub; closed after the test. */
export function stubClient(options: Partial<LiveClientOptions> = {}): LiveClient {
  const client = new LiveClient({ instruments: [instrument], backend: 'stub', ...options });
  open.push(client);
  return client;
}
