/** How a check came out: `warn` works, with a drawback. */
export type FindingLevel = 'ok' | 'warn' | 'fail';

/** What one check found. */
export interface Finding {
  /** Stable name of what was looked at, for programs: `connector.version`. */
  readonly id: string;
  readonly level: FindingLevel;
  /** What was found, for people. Never a secret. */
  readonly found: string;
  /** What to do about it; `undefined` for `ok`. */
  readonly remedy?: string;
}

/** All is well. */
export function ok(id: string, found: string): Finding {
  return { id, level: 'ok', found };
}

/** It works, with a drawback. */
export function warn(id: string, found: string, remedy: string): Finding {
  return { id, level: 'warn', found, remedy };
}

/** It does not work. */
export function fail(id: string, found: string, remedy: string): Finding {
  return { id, level: 'fail', found, remedy };
}
