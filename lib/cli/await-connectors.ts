import type { LiveClient } from '../client/live-client.js';
import { HftError } from '../models/hft-error.js';
import { registrationRefusal } from '../models/registration-refusal.js';
import { runningConnectors } from './running-connectors.js';

/** A connector that runs has answered by then. */
export const CONNECT_SECONDS = 2;

/** The error of a connector that is not there. */
export function absentConnector(name: string, seconds: number): HftError {
  return new HftError(
    'ERR_CONNECTOR_DOWN',
    `connector ${name} is not there: nothing of this name answered within ${String(seconds)} s. ${runningConnectors()}`.trim(),
    {
      remedy: `Start it (hftbacktest-live serve --start KIND --connector ${name}), correct the name, or wait longer for it with --connect-seconds. hftbacktest-live doctor shows what runs`,
    },
  );
}

/**
 * Resolves once every connector of a started client is there, and when `signal` is aborted.
 *
 * @param seconds - `Infinity`: it is waited for, after a line about it on the standard error.
 * @throws HftError `ERR_CONNECTOR_DOWN` when one is not after so long.
 */
export async function awaitConnectors(
  client: LiveClient,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const absent = (): string | undefined =>
    client.health.connectors.find(({ connected }) => !connected)?.connector;
  await new Promise<void>((resolve, reject) => {
    const isPatient = seconds === Infinity;
    const timer = setTimeout(
      () => {
        const name = absent();
        if (name === undefined) return;
        if (!isPatient) settle(absentConnector(name, seconds));
        else
          process.stderr.write(
            `connector ${name}: not there yet, waiting for it. ${runningConnectors()} hftbacktest-live doctor shows more.\n`,
          );
      },
      (isPatient ? CONNECT_SECONDS : seconds) * 1000,
    );
    const settle = (error?: HftError): void => {
      clearTimeout(timer);
      client.off('link', look);
      signal.removeEventListener('abort', giveUp);
      if (error === undefined) resolve();
      else reject(error);
    };
    const giveUp = (): void => {
      settle();
    };
    const look = (): void => {
      if (absent() === undefined) settle();
    };
    client.on('link', look);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) settle();
    else look();
  });
}

/** Calls `onRefused` when a connector refuses an instrument of the client: waiting does not change that. */
export function onRefusal(client: LiveClient, onRefused: (error: HftError) => void): void {
  client.on('error', ({ reported }) => {
    const spec = reported === undefined ? undefined : client.instruments[reported.asset];
    if (reported === undefined || spec === undefined) return;
    const refusal = registrationRefusal(reported, spec);
    if (refusal !== undefined) onRefused(refusal);
  });
}
