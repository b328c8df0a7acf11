// Tables of the guides that list what the code has: held against the code.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { BookState } from '../../lib/models/book-state.js';
import { HftError, type HftErrorCode } from '../../lib/models/hft-error.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { ClientSource } from '../../lib/server/client-source.js';
import { PrometheusText } from '../../lib/server/prometheus.js';
import { root } from '../support/markdown-programs.js';

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The first cells of the table under a heading of a guide. */
function firstCells(page: string, heading: string): string[] {
  const [, section = ''] = read(`docs/guide/${page}`).split(`\n## ${heading}\n`);
  const [before = ''] = section.split('\n## ');
  const rows = before.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) => line.split('|')[1] ?? '');
}

/** What stands in backquotes. */
const quoted = (cells: readonly string[]): string[] =>
  cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

/** The string members of a union type in a source file. */
function membersOf(file: string, type: string): string[] {
  const source = read(file).replaceAll(/\/\*.*?\*\//gs, '');
  const declaration = new RegExp(`export type ${type} =(.*?);`, 's').exec(source)?.[1] ?? '';
  return [...declaration.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
}

/** The members of an interface in a source file. */
function membersOfInterface(file: string, name: string): string[] {
  const source = read(file).replaceAll(/\/\*.*?\*\//gs, '');
  const body = new RegExp(`export interface ${name} \\{(.*?)\\n\\}`, 's').exec(source)?.[1] ?? '';
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(([, member = '']) => member);
}

describe('the guide on errors', () => {
  const cells = firstCells('errors.md', 'Codes');

  it('lists every code', () => {
    const codes = membersOf('lib/models/hft-error.ts', 'HftErrorCode');
    expect(codes.length).toBeGreaterThan(30);
    expect(quoted(cells).sort()).toEqual(codes.sort());
  });

  it('marks those that are recoverable, and no others', () => {
    expect(quoted(cells).length).toBeGreaterThan(30);
    for (const cell of cells)
      for (const code of quoted([cell]) as HftErrorCode[])
        expect(cell.includes('↻'), code).toBe(new HftError(code, '').recoverable);
  });
});

describe('the guide on orders', () => {
  it('lists every rule by which an order is denied', () => {
    const rules = membersOf('lib/orders/order-outcome.ts', 'DenyRule');
    const listed = quoted(firstCells('orders-and-outcomes.md', 'Why an order is denied'));
    expect(listed.sort()).toEqual(rules.sort());
  });

  it('lists every state of an order', () => {
    const states = membersOf('lib/orders/order-state.ts', 'OrderState');
    const listed = quoted(firstCells('orders-and-outcomes.md', 'Wait for the end of an order'));
    expect(listed.sort()).toEqual(states.sort());
  });

  it('lists every state of a book', () => {
    const listed = quoted(firstCells('orders-and-outcomes.md', 'Book states'));
    expect(listed.sort()).toEqual(Object.values(BookState).sort());
  });
});

describe('the guide on strategies', () => {
  /** Names of a table: what stands before the brackets. */
  const names = (heading: string): string[] =>
    quoted(firstCells('strategies.md', heading)).map((name) => name.replace(/\(.*/, ''));

  it('lists everything that the context offers', () => {
    const members = membersOfInterface('lib/strategy/strategy-context.ts', 'StrategyContext');
    expect(members.length).toBeGreaterThan(15);
    expect(names('What `ctx` offers').sort()).toEqual(members.sort());
  });

  it('lists every handler', () => {
    const members = membersOfInterface('lib/strategy/strategy.ts', 'Strategy');
    const handlers = members.filter((name) => name !== 'timerMs');
    expect(names('Handlers').sort()).toEqual(handlers.sort());
  });
});

describe('the guide on monitoring', () => {
  it('lists every metric', async () => {
    const client = new LiveClient({
      instruments: [new LiveInstrument('BTCUSDT').connector('sim').tickSize(0.1).lotSize(0.001)],
      backend: 'stub',
    });
    await client.start();
    const source = new ClientSource(client);
    try {
      // Fees have a coin once there is a fill.
      await client.ready(10_000);
      const bought = await client.submitOrder({ side: 'buy', qty: 0.001, orderType: 'market' });
      expect(bought.status).toBe('filled');
      const text = await new PrometheusText(source).text();
      // Latencies have no figure before the first event, so the text leaves them out.
      const names = new Set([
        ...[...text.matchAll(/^# TYPE hftbacktest_live_(\w+)/gm)].map(([, name]) => name),
        ...source
          .samples()
          .map(({ name, kind }) => (kind === 'summary' ? name.replace(/_(sum|count)$/, '') : name)),
      ]);
      const listed = quoted(firstCells('monitoring.md', 'Prometheus'));
      expect(listed.sort()).toEqual([...names].sort());
    } finally {
      source.close();
      await client.close();
    }
  });
});
