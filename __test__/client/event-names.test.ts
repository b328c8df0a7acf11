// One name for one event: what `on` takes is what the event's `type` says.
import { expect, expectTypeOf, it } from 'vitest';

import { CLIENT_EVENTS, type ClientEventMap } from '../../lib/client/client-event.js';
import type { FeedEventMap } from '../../lib/feed/feed-notice.js';
import { EventType } from '../../lib/models/event-type.js';
import { LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
import { WireStatus } from '../../lib/models/wire-status.js';
import { connectedClient } from './clients.js';
import { settled } from './fake-session.js';

/** Names of a map whose events are not of the type of that name. */
type Misnamed<Events extends Record<keyof Events, { readonly type: string }>> = {
  [Name in keyof Events]: Name extends Events[Name]['type'] ? never : Name;
}[keyof Events];

it('the events of client and feed are of the type that their name says', () => {
  expectTypeOf<Misnamed<ClientEventMap>>().toBeNever();
  expectTypeOf<Misnamed<FeedEventMap>>().toBeNever();
});

it('EventType holds every event of the client, the level that strategies see, and the reject of a bot', () => {
  const names = [...Object.keys(CLIENT_EVENTS), 'level', 'reject'];
  expect(Object.values(EventType).sort()).toEqual(names.sort());
});

it('each handler of a running client gets events of its own type only', async () => {
  const { client, session } = await connectedClient();
  const seen = new Map<string, Set<string>>();
  for (const name of Object.keys(CLIENT_EVENTS) as (keyof ClientEventMap)[]) {
    const types = new Set<string>();
    seen.set(name, types);
    client.on(name, ({ type }: { type: string }) => types.add(type));
  }
  session.trade(1);
  session.batch([['bid', 99, 1]]);
  session.order(9n, WireStatus.New);
  session.write({ kind: RecordKind.Position, qty: 1 }, { kind: RecordKind.Gap, value: 1n });
  session.link(LinkStatus.Lost);
  session.link(LinkStatus.Connected);
  await settled();
  await client.close();
  for (const [name, types] of seen) for (const type of types) expect(type).toBe(name);
  const reported = [...seen].filter(([, types]) => types.size > 0).map(([name]) => name);
  expect(reported).toEqual(
    expect.arrayContaining(['trade', 'bookUpdate', 'executionReport', 'orderUpdate', 'position']),
  );
  expect(reported).toEqual(
    expect.arrayContaining(['gap', 'link', 'bookState', 'connectionLost', 'connectionRestored']),
  );
});
