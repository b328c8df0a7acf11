/** How well something is: `warn` works with a fault, `bad` does not work. */
export type Level = 'ok' | 'warn' | 'bad';

/** One line that says how things are, and why. */
export interface StateLine {
  readonly level: Level;
  readonly text: string;
}
