import { afterEach } from 'vitest';

import type { LiveClientOptions } from '../../lib/client/client-options.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { FakeSession, settled } from './fake-session.js';

export const instrument = new LiveInstrument('BTCUSDT')
  .connector('fake')
  .tickSize(0.5)
  .lotSize(0.1);

const open: LiveClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

/** A client on a fake session; closed after the test. */
export function fakeClient(options: Partial<LiveClientOptions> = {}): {
  client: LiveClient;
  session: FakeSession;
} {
  const session = new FakeSession();
  const client = new LiveClient({ instruments: [instrument], ...options }, session.open);
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

/** A client on the stub; closed after the test. */
export function stubClient(options: Partial<LiveClientOptions> = {}): LiveClient {
  const client = new LiveClient({ instruments: [instrument], backend: 'stub', ...options });
  open.push(client);
  return client;
}
