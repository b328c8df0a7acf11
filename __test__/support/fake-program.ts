import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folder = mkdtempSync(path.join(tmpdir(), 'connector-'));
let programs = 0;

process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

/** A file that no other test uses. */
export function scratchFile(name: string): string {
  programs += 1;
  return path.join(folder, `${String(programs)}-${name}`);
}

/** An executable Node script (CommonJS) that stands in for the connector; returns its path. */
export function fakeProgram(body: string): string {
  const file = scratchFile('program.cjs');
  writeFileSync(file, `#!${process.execPath}\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** True while a process of this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * A connector that speaks JSON lines: ready at once, answers each `subscribe` with a status and one
 * event, and does what lines on its standard input say beyond the protocol: `{"say":[…]}` prints
 * values as lines, `{"raw":"…"}` prints a text, `{"exit":3}` ends. It ends with its input.
 */
export const LINES_CONNECTOR = `
const out = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line);
  if (asked.say) for (const value of asked.say) out(value);
  if (asked.raw !== undefined) process.stdout.write(asked.raw);
  if (asked.err !== undefined) process.stderr.write(asked.err);
  if (asked.exit !== undefined) process.exit(asked.exit);
  if (asked.command === undefined) return;
  out({ type: 'status', status: asked.command + 'd', channel: asked.channel, symbol: asked.symbol });
  if (asked.command !== 'subscribe') return;
  if (asked.channel === 'trades')
    out({ type: 'trade', timestamp: 1700000000000, symbol: asked.symbol, price: 100.5, qty: 2, side: 'buy', is_buyer_maker: false, id: 't1' });
  else
    out({ type: 'depth', timestamp: 1700000000000, symbol: asked.symbol, bids: [[100, 1]], asks: [[101, 2]], last_update_id: 7, snapshot: true });
}).on('close', () => process.exit(0));
out({ type: 'status', status: 'ready', args: process.argv.slice(2), env: { paper: process.env.CONNECTOR_PAPER_TRADING ?? null, testnet: process.env.BYBIT_CONNECTOR_TESTNET ?? null, hasKey: process.env.BYBIT_API_KEY !== undefined, hasSecret: process.env.BYBIT_API_SECRET !== undefined } });
`;

/**
 * A connector over shared memory, of which there is only the process: ready at once, with its
 * arguments, config and environment in the last lines of its log. Ends at SIGTERM.
 */
export const SILENT_CONNECTOR = `
const args = process.argv.slice(2);
const config = args.find((word) => word.endsWith('.toml'));
const fs = require('node:fs');
console.error(JSON.stringify({ args, config: config && fs.readFileSync(config, 'utf8'), mode: config && (fs.statSync(config).mode & 0o777).toString(8), paper: process.env.CONNECTOR_PAPER_TRADING, hasKey: process.env.BYBIT_API_KEY !== undefined }));
process.once('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1000);
setTimeout(() => console.log(JSON.stringify({ type: 'ready', orders: 'simulated' })), 50);
`;
