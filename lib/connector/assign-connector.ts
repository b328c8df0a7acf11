import { resolveInstruments, type InstrumentInput } from '../models/bot-options.js';
import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { ownedConnectorName } from './owned-connector.js';
import type { OwnedConnectorOptions } from './owned-connector-options.js';

/** A connector that a bot will start, and the bot's instruments under its name. */
export interface AssignedConnector {
  readonly name: string;
  readonly options: OwnedConnectorOptions;
  /** Symbols of the instruments on it. */
  readonly symbols: readonly string[];
  /** Every instrument of the bot, those of this connector with its name. */
  readonly instruments: readonly InstrumentSpec[];
}

/**
 * Gives the instruments that name the connector, by its name or by its kind, the name that it will
 * run under.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for wrong options or instruments, or when no instrument is
 * on the connector.
 */
export function assignConnector(
  inputs: readonly InstrumentInput[],
  options: OwnedConnectorOptions,
): AssignedConnector {
  const instruments = resolveInstruments(inputs);
  const name = ownedConnectorName(options);
  const given = options.name ?? options.kind;
  const symbols = instruments
    .filter(({ connector }) => connector === given)
    .map(({ symbol }) => symbol);
  if (symbols.length === 0) {
    const others = [...new Set(instruments.map(({ connector }) => connector))].join(', ');
    const text = `connector: no instrument is on ${given}: they are on ${others}.`;
    throw new HftError('ERR_INVALID_ARGUMENT', text, {
      remedy: `Describe one with .connector('${given}').`,
    });
  }
  const renamed = instruments.map((spec) =>
    spec.connector === given ? { ...spec, connector: name } : spec,
  );
  return { name, options, symbols, instruments: resolveInstruments(renamed) };
}
