import { readFileSync, statSync } from 'node:fs';

import { checkKey } from '../../connector/check-key.js';
import { HftError } from '../../models/hft-error.js';
import { checkChannelConfig } from './check-channel-config.js';
import { checkConfig } from './check-config.js';
import { checkOrders } from './check-orders.js';
import { checkProxy } from './check-proxy.js';
import type { DoctorContext } from './doctor-context.js';
import { fail, ok, type Finding } from './finding.js';

const HOLDS_SECRET = /^\s*(api_key|secret|api_secret)\s*=\s*["'][^"']+["']/m;

/** Keys, flags and the config file, without showing any of their values. */
export function checkSettings(context: DoctorContext): Finding[] {
  return [
    ...checkKeys(context),
    ...checkConfigFile(context),
    ...checkChannelConfig(context),
    ...checkProxy(context),
  ];
}

function checkKeys(context: DoctorContext): Finding[] {
  for (const name of ['BYBIT_API_KEY', 'BYBIT_API_SECRET']) {
    try {
      checkKey(name, context.env[name]);
    } catch (error) {
      if (!(error instanceof HftError)) throw error;
      return [fail('keys', error.message, error.remedy)];
    }
  }
  const [key, secret] = ['BYBIT_API_KEY', 'BYBIT_API_SECRET'].map(
    (name) => (context.env[name] ?? '').trim() !== '',
  );
  const hasKeys = key === true && secret === true;
  const keys =
    key === secret
      ? ok('keys', hasKeys ? 'key and secret for Bybit are set' : 'no keys: public data only')
      : fail(
          'keys',
          'only one of BYBIT_API_KEY and BYBIT_API_SECRET is set: the connector does not use it, and does not start where orders are real',
          'Set both BYBIT_API_KEY and BYBIT_API_SECRET, or neither.',
        );
  return [keys, ...checkOrders(context, hasKeys)];
}

function checkConfigFile(context: DoctorContext): Finding[] {
  const { configFile } = context;
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
        'Correct --config or BYBIT_CONNECTOR_CONFIG_FILE, or the file’s owner and mode.',
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
  return [checkConfig(context, configFile, text)];
}
