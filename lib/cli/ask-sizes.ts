import { setTimeout } from 'node:timers/promises';

import type { LiveClient } from '../client/live-client.js';
import type { SymbolSizes } from '../models/connector-error.js';
import { HftError } from '../models/hft-error.js';
import { LiveInstrument } from '../models/live-instrument.js';
import { registrationRefusal } from '../models/registration-refusal.js';
import { isKnown, type KnownInstrument, type WantedInstrument } from './wanted-instrument.js';

/** Sizes that no symbol has: the connector refuses them, and says which the symbol has. */
const NOBODYS_SIZE = 2 ** 40;
/** A venue has sent its list of symbols by then. */
const ANSWER_MS = 30_000;

/** How sizes are asked for. */
export interface SizeQuestion {
  /** A client that is read-only, not started, for these instruments. */
  readonly clientOf: (instruments: readonly LiveInstrument[]) => LiveClient;
  /** Name of the connector. */
  readonly connector: string;
  /** Waits until the connector is there. */
  readonly connected: (client: LiveClient) => Promise<void>;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/**
 * Instruments with their sizes: those given, and where one is not given the connector's word.
 *
 * @throws HftError `ERR_INSTRUMENT_NOT_FOUND` for a symbol that the connector does not know, `ERR_TIMEOUT` when
 * it does not say the sizes; what `connected` throws.
 */
export async function askSizes(
  wanted: readonly WantedInstrument[],
  { clientOf, connector, connected, signal }: SizeQuestion,
): Promise<KnownInstrument[]> {
  const open = wanted.filter((one) => !isKnown(one));
  const found = new Map<string, SymbolSizes>();
  if (open.length > 0) {
    await using client = clientOf(
      open.map(({ symbol }) =>
        new LiveInstrument(symbol)
          .connector(connector)
          .tickSize(NOBODYS_SIZE)
          .lotSize(NOBODYS_SIZE),
      ),
    );
    const answers = listen(client, found, open.length, signal);
    answers.catch(() => undefined);
    await client.start();
    await connected(client);
    await Promise.race([answers, silence(client, found)]);
  }
  return wanted.map((one) => {
    const sizes = found.get(one.symbol);
    const tickSize = one.tickSize ?? sizes?.tickSize ?? NaN;
    const lotSize = one.lotSize ?? sizes?.lotSize ?? NaN;
    return { symbol: one.symbol, tickSize, lotSize };
  });
}

/** Resolves once every symbol has an answer. */
async function listen(
  client: LiveClient,
  found: Map<string, SymbolSizes>,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const said = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: HftError): void => {
      if (error === undefined) resolve();
      else reject(error);
    };
    const giveUp = (): void => {
      settle(
        new HftError('ERR_INTERRUPTED', 'the command was stopped.', {
          remedy: 'Start it again.',
        }),
      );
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    client.on('error', ({ error, reported }) => {
      const spec = reported === undefined ? undefined : client.instruments[reported.asset];
      if (reported === undefined || spec === undefined) return;
      if (reported.sizes !== undefined) found.set(spec.symbol, reported.sizes);
      else {
        const refusal = registrationRefusal(reported, spec);
        if (refusal?.code === 'ERR_INSTRUMENT_NOT_FOUND') settle(refusal);
        else if (refusal === undefined) sayOnce(said, error.message);
      }
      if (found.size === count) settle();
    });
  });
}

/** A venue that cannot be reached is reported with every try. */
function sayOnce(said: Set<string>, text: string): void {
  if (said.has(text)) return;
  said.add(text);
  process.stderr.write(`${text}\n`);
}

/** Rejects when the connector has had its time. */
async function silence(
  client: LiveClient,
  found: ReadonlyMap<string, SymbolSizes>,
): Promise<never> {
  await setTimeout(ANSWER_MS, undefined, { ref: false });
  const silent = client.instruments.find(({ symbol }) => !found.has(symbol));
  throw new HftError(
    'ERR_TIMEOUT',
    `connector ${silent?.connector ?? ''} does not say the tick and lot size of ${silent?.symbol ?? ''}.`,
    {
      remedy:
        'Give them with --tick and --lot. A line above says so if the connector does not reach its venue',
    },
  );
}
