import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';

import { SecretRedactor } from '../connector/secret-redactor.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { takesColor } from '../models/takes-color.js';
import { prettyLine } from './pretty-line.js';

/** Levels that `LOG_LEVEL` takes. */
export type FeedLogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Where the lines of a feed go; a pino logger is one. */
export interface FeedLogger {
  /** False: a line of `connector_trade` or `connector_depth` need not be made. */
  isLevelEnabled(level: string): boolean;
  /** A line for those who look for a fault. */
  debug(fields: Readonly<Record<string, unknown>>): void;
  /** A line of ordinary running. */
  info(fields: Readonly<Record<string, unknown>>): void;
  /** A line about something that should be looked at. */
  warn(fields: Readonly<Record<string, unknown>>): void;
  /** A line of what failed. */
  error(fields: Readonly<Record<string, unknown>>): void;
}

/** How a logger writes. */
export interface FeedLoggerOptions {
  /** Default `LOG_LEVEL`, else `info`. */
  readonly level?: FeedLogLevel;
  /** Lines for people instead of JSON. Default: when standard error is a terminal. */
  readonly pretty?: boolean;
  /**
   * Where lines go. Default: standard error, by a buffer of 1 MiB that is written in the background;
   * when it is full lines are lost rather than the feed held up.
   */
  readonly write?: (line: string) => void;
  /** Its secrets are taken out of every line. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

const KEYS = knownKeys<FeedLoggerOptions>({
  level: true,
  pretty: true,
  write: true,
  env: true,
});

/** Levels by name, quietest last. */
export const FEED_LOG_LEVELS: readonly FeedLogLevel[] = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
];
const BUFFER_BYTES = 1024 * 1024;

/**
 * A logger of one JSON line per event: `{"level":"info","time":"…","event":"connector_connected",…}`.
 * In a terminal the same for people, in colour unless `NO_COLOR` is set or `TERM` is `dumb`.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export function createFeedLogger(options: FeedLoggerOptions = {}): FeedLogger {
  checkKeys(options, KEYS, '');
  const env = options.env ?? process.env;
  const redactor = SecretRedactor.fromEnv(env);
  const level = options.level ?? levelOf(env['LOG_LEVEL']) ?? 'info';
  const pretty = options.pretty ?? (options.write === undefined && process.stderr.isTTY);
  const inColor = takesColor(env);
  const out: DestinationStream =
    options.write === undefined
      ? destination({ dest: 2, sync: false, maxLength: BUFFER_BYTES })
      : { write: options.write };
  const stream: DestinationStream = {
    write(line) {
      const clean = redactor.redact(line);
      out.write(pretty ? prettyLine(clean, inColor) : clean);
    },
  };
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** The level of a text in any case; `undefined` when it is none. */
export function levelOf(text: string | undefined): FeedLogLevel | undefined {
  const name = text?.trim().toLowerCase();
  if (name === 'warning') return 'warn';
  if (name === 'critical') return 'fatal';
  return FEED_LOG_LEVELS.find((level) => level === name);
}

/** Says nothing. */
export const silentFeedLogger: FeedLogger = {
  isLevelEnabled: () => false,
  debug() {},
  info() {},
  warn() {},
  error() {},
};

let shared: FeedLogger | undefined;

/** The logger of feeds that were given none: made once, by `LOG_LEVEL`. */
export function defaultFeedLogger(): FeedLogger {
  shared ??= createFeedLogger();
  return shared;
}
