import { EventEmitter } from 'node:events';

import { HftError } from '../models/hft-error.js';
import { bybitConnectorEnv } from './bybit-connector-runner.js';
import { bybitConnectorSettings, type BybitConnectorSettings } from './bybit-connector-settings.js';
import {
  ConnectorProcess,
  type ConnectorExit,
  type ConnectorProcessHealth,
} from './connector-process.js';
import type { ConnectorKind, OwnedConnectorOptions } from './owned-connector-options.js';
import { SecretRedactor } from './secret-redactor.js';
import { TemporaryConfig } from './temporary-config.js';

/** Condition of a connector that a bot started, made now. */
export interface OwnedConnectorHealth extends ConnectorProcessHealth {
  readonly name: string;
  readonly kind: ConnectorKind;
  /** True: no order reaches a venue. */
  readonly isPaperTrading: boolean;
}

interface OwnedConnectorEvents {
  /** It ended by itself; it is started again when `willRestart`. */
  died: [exit: ConnectorExit, willRestart: boolean];
  /** It runs again. */
  restarted: [restarts: number];
  /** Restarting was given up. */
  failed: [error: HftError];
}

const KINDS: readonly ConnectorKind[] = ['bybit', 'binancefutures', 'sim', 'replay'];
/** Keys of config files that hold secrets at any venue. */
const SECRET_KEY = /^(api_?key|.*secret.*|.*pass(word|phrase).*|.*token.*|.*private_?key.*)$/i;

/**
 * The name under which an owned connector will run: the one given, or a unique one.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for an unknown kind, and for a config with secrets.
 */
export function ownedConnectorName(options: OwnedConnectorOptions): string {
  const { kind, config, configFile } = options;
  if (!KINDS.includes(kind))
    throw invalid('kind', `${JSON.stringify(kind)} is none of ${KINDS.join(', ')}`);
  if (config !== undefined && configFile !== undefined)
    throw invalid('config', 'give the config or its file, not both');
  if (config !== undefined) refuseSecrets(config, 'connector.config');
  return (
    options.name ?? `${kind}-${String(process.pid)}-${Math.random().toString(36).slice(2, 10)}`
  );
}

/** A connector process over shared memory that belongs to a bot: made from options, run, removed. */
export class OwnedConnector extends EventEmitter<OwnedConnectorEvents> {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly isPaperTrading: boolean;
  readonly #config: TemporaryConfig | undefined;
  readonly #process: ConnectorProcess;
  #wasReady = false;
  #stopping: Promise<void> | undefined;

  /**
   * @param symbols - Symbols of the bot's instruments on this connector.
   * @throws HftError `ERR_INVALID_ARGUMENT` as `ownedConnectorName`, or for a secret among the arguments.
   */
  constructor(options: OwnedConnectorOptions, name: string, symbols: readonly string[]) {
    super();
    const { kind, restart, binary, readyTimeoutMs, stopTimeoutMs, onLog } = options;
    this.name = name;
    this.kind = kind;
    const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
    const settings = bybitConnectorSettings(
      {
        ...(options.paper === undefined ? {} : { paperTrading: options.paper }),
        ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
      },
      env,
    );
    this.isPaperTrading = kind === 'sim' || kind === 'replay' || settings.paperTrading;
    if (options.config !== undefined) {
      const redactor = SecretRedactor.fromEnv(env);
      if (
        redactor.redact(JSON.stringify(options.config, asText)) !==
        JSON.stringify(options.config, asText)
      )
        throw invalid('config', 'a secret of the environment stands in it');
      this.#config = new TemporaryConfig(options.config);
    }
    try {
      this.#process = new ConnectorProcess({
        args: [name, kind, ...words(options, settings, symbols, this.#config?.path)],
        env:
          kind === 'bybit'
            ? bybitConnectorEnv(settings, env)
            : { ...env, CONNECTOR_PAPER_TRADING: String(settings.paperTrading) },
        ...(binary === undefined ? {} : { binary }),
        ...(readyTimeoutMs === undefined ? {} : { readyTimeoutMs }),
        ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
        ...(restart === false ? {} : { restart: restart ?? {} }),
      });
    } catch (error) {
      this.#config?.remove();
      throw error;
    }
    this.#process
      .on('ready', () => {
        if (this.#wasReady) this.emit('restarted', this.#process.health.restarts);
        this.#wasReady = true;
      })
      .on('died', (exit) => this.emit('died', exit, this.#process.health.state === 'restarting'))
      .on('failed', (error) => this.emit('failed', error));
    if (onLog !== undefined) this.#process.on('log', onLog);
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @throws HftError `ERR_CONNECTOR_NOT_FOUND`, `ERR_CONNECTOR_EXITED`, `ERR_TIMEOUT`, `ERR_CLOSED`.
   */
  async start(): Promise<void> {
    await this.#process.start();
  }

  /** Ends it in order, by force when that takes too long, and removes its config. Never throws. */
  stop(): Promise<void> {
    this.#stopping ??= this.#process.stop().finally(() => this.#config?.remove());
    return this.#stopping;
  }

  /** Lets this process end while the connector runs; it is ended then. */
  unref(): void {
    this.#process.unref();
  }

  /** Undoes `unref()`. */
  ref(): void {
    this.#process.ref();
  }

  get health(): OwnedConnectorHealth {
    const { name, kind, isPaperTrading } = this;
    return Object.freeze({ name, kind, isPaperTrading, ...this.#process.health });
  }
}

function words(
  options: OwnedConnectorOptions,
  settings: BybitConnectorSettings,
  instruments: readonly string[],
  temporary: string | undefined,
): string[] {
  const { kind, files = [], args = [] } = options;
  const file = temporary ?? (kind === 'bybit' ? settings.configFile : options.configFile);
  // A simulated exchange has to be told what it trades; event arrays do not name their symbol.
  const isNeeded =
    (kind === 'sim' && file === undefined) || (kind === 'replay' && instruments.length === 1);
  const symbols = options.symbols ?? (isNeeded ? instruments : []);
  return [...symbols, ...(file === undefined ? [] : [file]), ...files, ...args];
}

function refuseSecrets(value: unknown, at: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (SECRET_KEY.test(key) && typeof inner === 'string' && inner !== '') {
      throw new HftError(
        'ERR_INVALID_ARGUMENT',
        `${at}.${key}: a secret does not belong in a config.`,
        {
          remedy: 'Give it by the environment: BYBIT_API_KEY and BYBIT_API_SECRET.',
        },
      );
    }
    refuseSecrets(inner, `${at}.${key}`);
  }
}

const asText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

function invalid(name: string, what: string): HftError {
  return new HftError('ERR_INVALID_ARGUMENT', `connector.${name}: ${what}.`);
}
