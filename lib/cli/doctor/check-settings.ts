import { readFileSync, statSync } from 'node:fs';

import { bybitConnectorSettings } from '../../connector/bybit-connector-settings.js';
import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

const HOLDS_SECRET = /^\s*(api_key|secret|api_secret)\s*=\s*["'][^"']+["']/m;

/** Keys, flags and the config file, without showing any of their values. */
export function checkSettings(context: DoctorContext): Finding[] {
  return [...checkKeys(context), ...checkConfigFile(context)];
}

function checkKeys({ env }: DoctorContext): Finding[] {
  const complaints: string[] = [];
  const settings = bybitConnectorSettings({}, env, (text) => complaints.push(text));
  const hasKeys = settings.apiKey !== undefined;
  const findings = complaints.map((text) =>
    /_API_(KEY|SECRET)/.test(text)
      ? fail('keys', text, 'Set both BYBIT_API_KEY and BYBIT_API_SECRET, or neither.')
      : warn('flags', text, 'Write true or false.'),
  );
  if (!findings.some(({ id }) => id === 'keys')) {
    findings.push(
      ok('keys', hasKeys ? 'key and secret for Bybit are set' : 'no keys: public data only'),
    );
  }
  const site = settings.testnet ? "Bybit's testnet" : "Bybit's main net";
  if (settings.paperTrading) findings.push(ok('orders', 'paper trading: no order leaves here'));
  else if (hasKeys) {
    findings.push(
      warn(
        'orders',
        `REAL ORDERS go to ${site}`,
        'Set CONNECTOR_PAPER_TRADING=true if that is not what you want.',
      ),
    );
  } else {
    findings.push(
      fail(
        'orders',
        'CONNECTOR_PAPER_TRADING=false asks for real orders, and there are no keys',
        'Set BYBIT_API_KEY and BYBIT_API_SECRET, or CONNECTOR_PAPER_TRADING=true.',
      ),
    );
  }
  return findings;
}

function checkConfigFile({ configFile }: DoctorContext): Finding[] {
  if (configFile === undefined) return [];
  let text: string;
  let mode: number;
  try {
    mode = statSync(configFile).mode;
    text = readFileSync(configFile, 'utf8');
  } catch (error) {
    return [
      fail(
        'config',
        `${configFile} cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}`,
        'Correct BYBIT_CONNECTOR_CONFIG_FILE, or the file’s owner and mode.',
      ),
    ];
  }
  if (HOLDS_SECRET.test(text) && (mode & 0o077) !== 0) {
    return [
      fail(
        'config',
        `${configFile} holds keys and others may read it (mode ${(mode & 0o777).toString(8)})`,
        `Run \`chmod 600 ${configFile}\`, and make new keys if others had access.`,
      ),
    ];
  }
  return [ok('config', configFile)];
}
