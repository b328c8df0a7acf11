import { EventEmitter } from 'node:events';

import { announceRealOrders } from '../models/announce-real-orders.js';
import { checkBoolean } from '../models/arguments.js';
import type { BotOptions } from '../models/bot-options.js';
import { checkRequirement } from '../models/check-requirement.js';
import { HftError } from '../models/hft-error.js';
import { shown } from '../models/invalid.js';
import { checkKeys } from '../models/known-keys.js';
import type { OrderLeft } from '../models/order-left.js';
import type { OrdersKind } from '../models/orders-kind.js';
import { connectorCommand } from './connector-command.js';
import { ConnectorProcess, type ConnectorProcessHealth } from './connector-process.js';
import type { ConnectorExit } from './connector-run.js';
import type { AssignedConnector } from './assign-connector.js';
import { CONNECTOR_KINDS, type ConnectorKind } from './connector-kinds.js';
import { RESTART_KEYS } from './connector-process-options.js';
import { OWNED_KEYS, type OwnedConnectorOptions } from './owned-connector-options.js';
import type { TemporaryConfig } from './temporary-config.js';

/** Condition of a connector that a bot started, made now. */
export interface OwnedConnectorHealth extends ConnectorProcessHealth {
  readonly name: string;
  readonly kind: ConnectorKind;
  /**
   * Where orders go, as the connector itself says: `real` to the venue, `paper` and `simulated` never,
   * `none` nowhere, for want of keys. `undefined` before it was ready.
   */
  readonly orders: OrdersKind | undefined;
  /** The venue's environment that they are for: `mainnet`, `testnet`, …; `undefined` before. */
  readonly environment: string | undefined;
  /** What made orders real; `undefined` where they are not. */
  readonly because: string | undefined;
}

interface OwnedConnectorEvents {
  /** It ended by itself; it is started again when `willRestart`. */
  died: [exit: ConnectorExit, willRestart: boolean];
  /** It runs again. */
  restarted: [restarts: number];
  /** Restarting was given up. */
  failed: [error: HftError];
  /** It has ended and these orders stay open at the venue. */
  ordersLeft: [orders: readonly OrderLeft[]];
}

const ORDERS: readonly OrdersKind[] = ['none', 'simulated', 'paper', 'real'];
/** Keys of config files that hold secrets at any venue. */
const SECRET_KEY = /^(api_?key|.*secret.*|.*pass(word|phrase).*|.*token.*|.*private_?key.*)$/i;

/**
 * The name under which an owned connector will run: the one given, or a unique one.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for an unknown kind or option, and for a config with secrets.
 */
export function ownedConnectorName(options: OwnedConnectorOptions): string {
  checkKeys(options, OWNED_KEYS, 'connector');
  const { kind, config, configFile, direct, restart } = options;
  if (direct !== undefined && checkBoolean(direct, 'connector.direct')) refuseOfProcess(options);
  if (restart !== undefined && restart !== false)
    checkKeys(restart, RESTART_KEYS, 'connector.restart');
  if (!CONNECTOR_KINDS.includes(kind))
    throw invalid('kind', `${JSON.stringify(kind)} is none of ${CONNECTOR_KINDS.join(', ')}`);
  if (config !== undefined && configFile !== undefined)
    throw invalid('config', 'give the config or its file, not both');
  if (config !== undefined) {
    refuseNoTable(config);
    checkValues(config, 'connector.config');
  }
  const { name, symbols = [], files = [] } = options;
  if (name !== undefined) refuseOption('name', name);
  for (const symbol of symbols) refuseOption('symbols', symbol);
  for (const file of [...files, ...(configFile === undefined ? [] : [configFile])])
    refuseOption('files', file);
  if (name !== undefined) return name;
  // A connector on the bot's own thread meets no other program.
  if (direct === true) return kind;
  return `${kind}-${String(process.pid)}-${Math.random().toString(36).slice(2, 10)}`;
}

/** A connector process over shared memory that belongs to a bot: made from options, run, removed. */
export class OwnedConnector extends EventEmitter<OwnedConnectorEvents> {
  readonly name: string;
  readonly kind: ConnectorKind;
  #orders: OrdersKind | undefined;
  #environment: string | undefined;
  #because: string | undefined;
  readonly #config: TemporaryConfig | undefined;
  readonly #process: ConnectorProcess;
  /** `paper` was given: it is what decides. */
  readonly #optionSaid: boolean;
  #wasReady = false;
  #stopping: Promise<void> | undefined;

  /**
   * @throws HftError `ERR_INVALID_ARGUMENT` as `ownedConnectorName`, or for a secret among the arguments.
   */
  constructor({ name, options, symbols }: Omit<AssignedConnector, 'instruments'>) {
    super();
    const { kind, restart, binary, readyTimeoutMs, stopTimeoutMs, onLog } = options;
    this.name = name;
    this.kind = kind;
    const command = connectorCommand({ name, options, symbols });
    this.#config = command.config;
    this.#optionSaid = command.optionSaid;
    try {
      this.#process = new ConnectorProcess({
        args: command.words,
        mustBe: { name, kind },
        env: command.env,
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
      .on('ready', ({ orders, environment, because }) => {
        this.#orders = ORDERS.find((kind) => kind === orders) ?? 'unknown';
        this.#environment = typeof environment === 'string' ? environment : 'unknown';
        this.#because = typeof because === 'string' ? because : undefined;
        announceRealOrders(name, this.#orders, this.#environment, this.#cause());
        if (this.#wasReady) this.emit('restarted', this.#process.health.restarts);
        this.#wasReady = true;
      })
      .on('died', (exit) => this.emit('died', exit, this.#process.health.state === 'restarting'))
      .on('failed', (error) => this.emit('failed', error))
      .on('ordersLeft', (orders) => this.emit('ordersLeft', orders));
    if (onLog !== undefined) this.#process.on('log', onLog);
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @param required - What its orders must become.
   * @throws HftError `ERR_CONNECTOR_NOT_FOUND`, `ERR_CONNECTOR_EXITED`, `ERR_TIMEOUT`, `ERR_CLOSED`;
   * `ERR_ORDERS_MISMATCH`, after it was ended, where its orders become something else.
   */
  async start(
    required: Pick<BotOptions, 'requireOrders' | 'requireEnvironment'> = {},
  ): Promise<void> {
    await this.#process.start();
    try {
      checkRequirement(required, this.name, this.#orders ?? 'unknown', this.#environment ?? '');
    } catch (error) {
      await this.stop();
      throw error;
    }
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
    const { name, kind } = this;
    return Object.freeze({
      name,
      kind,
      orders: this.#orders,
      environment: this.#environment,
      because: this.#because,
      ...this.#process.health,
    });
  }

  /** Why orders are real: an option of the program says it, or a variable. */
  #cause(): string {
    if (this.#optionSaid) return 'the option `paper: false`';
    return this.#because ?? '';
  }
}

/** A connector on the bot's thread is no process. */
function refuseOfProcess(options: OwnedConnectorOptions): void {
  const names = ['restart', 'binary', 'readyTimeoutMs', 'stopTimeoutMs', 'onLog'] as const;
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined)
    throw invalid(given, 'is for a connector in a process of its own, not for `direct: true`');
}

/** From JavaScript anything may come: the path of a file, most likely. */
function refuseNoTable(config: unknown): void {
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return;
  throw new HftError(
    'ERR_INVALID_ARGUMENT',
    `connector.config: ${shown(config)} is no object of settings.`,
    {
      remedy: 'Give the settings as an object, or the path of their TOML file as `configFile`.',
    },
  );
}

function checkValues(value: unknown, at: string): void {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `${at}: a ${typeof value} cannot stand in a config file.`,
      { remedy: 'Give numbers, texts, flags, and lists or objects of them.' },
    );
  }
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
    checkValues(inner, `${at}.${key}`);
  }
}

/** The connector would read it as one of its options, `--paper=false` for instance. */
function refuseOption(what: string, word: string): void {
  if (word === '' || word.startsWith('-'))
    throw invalid(what, `${JSON.stringify(word)} is empty or begins with a dash`);
}

function invalid(name: string, what: string): HftError {
  return new HftError('ERR_INVALID_ARGUMENT', `connector.${name}: ${what}.`);
}
