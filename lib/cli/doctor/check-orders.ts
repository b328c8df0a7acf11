import { readFileSync } from 'node:fs';

import { parse } from 'smol-toml';

import { HftError } from '../../models/hft-error.js';
import { flagVariable } from '../../models/flag-word.js';
import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

const PAPER = 'CONNECTOR_PAPER_TRADING';
const TESTNET = 'BYBIT_CONNECTOR_TESTNET';

/** Where orders of `connector bybit` would go, and because of what: variable, config file, default. */
export function checkOrders({ env, configFile }: DoctorContext, hasKeys: boolean): Finding[] {
  let paper: boolean | undefined;
  let testnet: boolean | undefined;
  try {
    paper = flagVariable(env, PAPER);
    testnet = flagVariable(env, TESTNET);
  } catch (error) {
    if (!(error instanceof HftError)) throw error;
    return [fail('flags', error.message, 'Write true or false.')];
  }
  const file = readConfig(configFile);
  const fileSays = typeof file['paper_trading'] === 'boolean' ? file['paper_trading'] : undefined;
  const by =
    paper !== undefined
      ? `the variable ${PAPER}`
      : fileSays !== undefined
        ? `paper_trading of ${configFile ?? ''}`
        : 'the default';
  if (paper ?? fileSays ?? true)
    return [ok('orders', `paper trading by ${by}: no order leaves here`)];
  const keys = hasKeys || (filled(file['api_key']) && filled(file['secret']));
  if (!keys)
    return [
      fail(
        'orders',
        `${by} asks for real orders, and there are no keys`,
        `Set BYBIT_API_KEY and BYBIT_API_SECRET, or ${PAPER}=true.`,
      ),
    ];
  return [
    warn(
      'orders',
      `REAL ORDERS go to ${siteOf(testnet, file)}, by ${by}`,
      `Set ${PAPER}=true if that is not what you want.`,
    ),
  ];
}

function siteOf(testnet: boolean | undefined, file: Record<string, unknown>): string {
  const named = Object.keys(file).filter((key) => /^(private|trade|rest)_url$/.test(key));
  if (named.length > 0) return `the addresses of the config file (${named.join(', ')})`;
  const said = file['environment'];
  if (testnet === true || (testnet === undefined && said === 'testnet')) return "Bybit's testnet";
  return said === 'demo' ? "Bybit's demo site" : "Bybit's main net";
}

/** What cannot be read is reported by the check of the file itself. */
function readConfig(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {};
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

function filled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
