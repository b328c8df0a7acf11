import { describe, expect, it } from 'vitest';

import { LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import { connectedClient, fakeClient, stubClient } from './clients.js';
import { settled } from './fake-session.js';

describe('ready', () => {
  it.each([
    [3001n, 'ERR_INSTRUMENT_NOT_FOUND', 'does not know the symbol BTCUSDT: there is none'],
    [3002n, 'ERR_INVALID_ARGUMENT', 'refuses the tick or lot size of BTCUSDT: there is none'],
    [3003n, 'ERR_INVALID_ARGUMENT', 'refuses the tick or lot size of BTCUSDT: there is none'],
  ])('rejects at once when the connector refuses with %s', async (value, code, message) => {
    const { client, session } = fakeClient({ onError: () => undefined });
    await client.start();
    session.write({ kind: RecordKind.Link, status: LinkStatus.Connected, asset: 0 });
    const ready = client.ready(60_000);
    const outcome = expect(ready).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    await settled();
    session.write({ kind: RecordKind.Error, asset: 0, status: 3, value, text: 'there is none' });
    await outcome;
    await expect(client.ready(60_000)).rejects.toMatchObject({ code });
    session.connect();
    await client.ready(1_000);
  });

  it('goes on waiting after any other error of a connector', async () => {
    const { client, session } = fakeClient({ onError: () => undefined });
    await client.start();
    session.write({ kind: RecordKind.Link, status: LinkStatus.Connected, asset: 0 });
    const ready = client.ready(5_000);
    session.write({ kind: RecordKind.Error, asset: 0, status: 3, value: 3208n, text: 'not yet' });
    session.write({ kind: RecordKind.Error, asset: 0, status: 2, value: 3001n, orderId: 5n });
    await settled();
    session.connect();
    await ready;
  });

  it('names the symbol that was probably meant', async () => {
    const instrument = { connector: 'fake', tickSize: 1, lotSize: 1 };
    const { client, session } = fakeClient({
      instruments: [{ ...instrument, symbol: 'btcusdt', lastTradesCapacity: 0 }],
      onError: () => undefined,
    });
    await client.start();
    session.write({ kind: RecordKind.Error, asset: 0, status: 3, value: 3001n });
    await expect(client.ready(60_000)).rejects.toThrow('Did you mean BTCUSDT?');
  });

  it('names the near symbol that the connector found, and guesses none where it found none', async () => {
    const instrument = { connector: 'fake', tickSize: 1, lotSize: 1 };
    for (const [text, message] of [
      [
        'btcusd is no linear instrument; did you mean BTCUSDT?',
        /did you mean BTCUSDT\? Write the symbol/,
      ],
      ['btcusd is no linear instrument', /: btcusd is no linear instrument\. Write the symbol/],
    ] as const) {
      const { client, session } = fakeClient({
        instruments: [{ ...instrument, symbol: 'btcusd', lastTradesCapacity: 0 }],
        onError: () => undefined,
      });
      await client.start();
      session.write({ kind: RecordKind.Error, asset: 0, status: 3, value: 3001n, text });
      await expect(client.ready(60_000)).rejects.toMatchObject({
        message: expect.stringMatching(message) as string,
      });
    }
  });
});

describe('an event that there is not', () => {
  it('is refused by the client, with the one that was meant', async () => {
    const { client } = await connectedClient();
    const wrong = 'trades' as 'trade';
    for (const call of [
      () => client.on(wrong, () => undefined),
      () => client.once(wrong, () => undefined),
      () => client.off(wrong, () => undefined),
      () => client.stream(wrong),
      () => client.get(wrong, 1),
      () => client.getNowait(wrong),
    ])
      expect(call).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: 'event: there is no "trades". Did you mean trade?',
        }),
      );
    expect(() => client.on('__proto__' as 'trade', () => undefined)).toThrow('there is no');
    expect(() => client.on('trade', undefined as never)).toThrow('no function');
  });

  it('is refused by a feed, with the one that was meant', () => {
    const stream = new HFTConnectorStream(new StubbedConnector(), { symbols: ['A'] });
    expect(() => stream.on('trades' as 'trade', () => undefined)).toThrow('Did you mean trade?');
    expect(() => stream.once('disconnect' as 'trade', () => undefined)).toThrow('disconnected');
    expect(() => stream.off('update' as 'trade', () => undefined)).toThrow('there is no');
  });
});

describe('health', () => {
  it('can be written as JSON, before the start, running and closed', async () => {
    const { client } = await connectedClient();
    const health = JSON.parse(JSON.stringify(client.health)) as {
      connectors: { epoch: string }[];
    };
    expect(health.connectors[0]?.epoch).toBe('9');
    expect(client.health.connectors[0]?.epoch).toBe(9n);
    expect(Object.keys(client.health.connectors[0] ?? {})).not.toContain('toJSON');
    await client.close();
    expect(() => JSON.stringify(client.health)).not.toThrow();
    const stub = stubClient();
    expect(() => JSON.stringify(stub.health)).not.toThrow();
    await stub.start();
    expect(() => JSON.stringify(stub.health)).not.toThrow();
  });
});
