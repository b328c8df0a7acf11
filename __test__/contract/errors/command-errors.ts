import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { HftError, type HftErrorCode } from '../../../lib/index.js';
import { root } from '../../support/markdown-programs.js';
import { nativeMissing } from '../../support/native-suite.js';
import { none, notHere, test, type Column } from './cells.js';

const main = path.join(root, 'dist', 'cli', 'main.js');

/** Runs a command; throws what its last line of `--json` says. */
const command =
  (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  async (): Promise<void> => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hbl-errors-'));
    try {
      const stdout = await new Promise<string>((resolve) => {
        const options = {
          cwd: folder,
          timeout: 40_000,
          env: { PATH: process.env['PATH'], ...env },
        };
        execFile(process.execPath, [main, ...words, '--json'], options, (_error, text) => {
          resolve(text);
        });
      });
      const last = stdout.trim().split('\n').at(-1) ?? '';
      const { error } = JSON.parse(last) as {
        error: Readonly<{ code: HftErrorCode; message: string; remedy: string }>;
      };
      throw new HftError(error.code, error.message, { remedy: error.remedy });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

/** `serve` on a port that is taken. */
async function takenPort(): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  try {
    await command(['serve', '--backend', 'stub', '--port', port])();
  } finally {
    server.close();
  }
}

/** `record --recover` of a file that is none. */
async function damaged(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-errors-'));
  writeFileSync(path.join(folder, 'BTCUSDT_20261130-120000.npy'), 'no array');
  try {
    await command(['record', '--recover', folder])();
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

const nowhere = { HFTBACKTEST_LIVE_ADDON: '/nowhere', HFTBACKTEST_LIVE_CONNECTOR: '/nowhere' };
const noBot = none('its strategy, if it has one, is its own');

/** The errors of the command line. */
export const COMMAND_ERRORS: Column = {
  ERR_INVALID_ARGUMENT: command(['record', '--rotate-mb', 'x']),
  ERR_OFF_GRID: noBot,
  ERR_CLOSED: none('a command ends with what it made'),
  ERR_NATIVE_UNAVAILABLE: command(['record', '--start', 'sim'], nowhere),
  ERR_UNSUPPORTED_BY_CONNECTOR: noBot,
  ERR_CONNECTOR_DOWN: test('e2e/absent-connector.test.ts'),
  ERR_CONNECTOR_NOT_FOUND: command(['feed', '--source', 'bybit_connector'], nowhere),
  ERR_CONNECTOR_EXITED:
    nativeMissing === ''
      ? command(['record', '--start', 'sim', '--symbol', 'btcusdt'])
      : none('there is no connector here'),
  ERR_ORDER_ID_EXISTS: noBot,
  ERR_ORDER_NOT_FOUND: noBot,
  ERR_INVALID_ORDER_STATUS: noBot,
  ERR_INSTRUMENT_NOT_FOUND: test('e2e/absent-connector.test.ts'),
  ERR_TIMEOUT: test('e2e/absent-connector.test.ts'),
  ERR_INTERRUPTED: none('a command that is stopped has not failed'),
  ERR_END_OF_DATA: test('e2e/absent-connector.test.ts'),
  ERR_QUEUE_FULL: noBot,
  ERR_ALREADY_RUNNING: takenPort,
  ERR_SHARED_MEMORY: test('e2e/shared-memory-faults.test.ts'),
  ERR_SEND_FAILED: noBot,
  ERR_RATE_LIMITED: noBot,
  ERR_BOOK_NOT_LIVE: test('e2e/absent-connector.test.ts'),
  ERR_READ_ONLY: noBot,
  ERR_TOO_LATE: noBot,
  ERR_ORDERS_LEFT_OPEN: none('the demo prints them on the standard error'),
  ERR_INVALID_STATE: none('a command starts what it makes'),
  ERR_STRATEGY_MODULE: none('its own strategy is built with it'),
  ERR_INVALID_DATA: damaged,
  ERR_MISSING_FIELD: none('the event is left out, and a line of the log says so'),
  ERR_INVALID_FIELD: none('the event is left out, and a line of the log says so'),
  ERR_UNKNOWN_DATA_SOURCE: command(['feed', '--source', 'nope']),
  ERR_VENUE_REFUSED: none('a feed that is refused tries again, and a line of the log says so'),
  ERR_ORDERS_CHANGED: noBot,
  ERR_ORDERS_MISMATCH: notHere.noOrders,
  ERR_NATIVE_PANIC: none('its text is that of the client'),
  ERR_CUSTOM: none('a full disk; the file system of the tests has room'),
};
