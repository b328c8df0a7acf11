import { readFileSync } from 'node:fs';

import { parse } from 'smol-toml';

import { nearestName } from '../../models/nearest-name.js';
import { brokenToml } from './check-config.js';
import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

const VARIABLE = 'HFTBACKTEST_CHANNEL_CONFIG';
const KEYS = ['buffer_size', 'max_bots'] as const;
const ID = 'channel-config';

/** The file with the sizes of the channels, which bots and connectors read. */
export function checkChannelConfig({ env }: DoctorContext): Finding[] {
  const file = env[VARIABLE];
  if (file === undefined) return [];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return [
      fail(
        ID,
        `${VARIABLE} names ${file === '' ? 'no file' : file}, which cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}; no bot and no connector starts`,
        `Correct ${VARIABLE}, or unset it: the defaults are for a machine with 64 MB and more.`,
      ),
    ];
  }
  const broken = brokenToml(file, text, ID);
  if (broken !== undefined) return [broken];
  const root = parse(text);
  const wrong = KEYS.flatMap((key) => {
    const value = root[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return [];
    const what =
      value === undefined ? `${key} is missing` : `${key} must be a whole number from 1 on`;
    const at = value === undefined ? file : `${file}: line ${String(lineOf(text, key))}`;
    return [
      fail(
        ID,
        `${at}: ${what}; no bot and no connector starts`,
        `Write ${key} = ${key === 'max_bots' ? '32' : '10000'}, its default.`,
      ),
    ];
  });
  const unknown = Object.keys(root)
    .filter((key) => !KEYS.some((known) => known === key))
    .map((key) => {
      const near = nearestName(key, KEYS);
      return warn(
        ID,
        `${file}: line ${String(lineOf(text, key))}: ${key} is not read`,
        near === undefined ? `There are ${KEYS.join(' and ')}.` : `Did you mean ${near}?`,
      );
    });
  const found = [...wrong, ...unknown];
  return found.length > 0 ? found : [ok(ID, file)];
}

function lineOf(text: string, key: string): number {
  return text.split('\n').findIndex((line) => line.split('=')[0]?.trim() === key) + 1;
}
