const COLOURS: Readonly<Record<string, string>> = {
  trace: '\x1b[90m',
  debug: '\x1b[90m',
  info: '\x1b[36m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
  fatal: '\x1b[31m',
};
const RESET = '\x1b[0m';

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A JSON line of the logger as people read it: time, level (in colour if wanted), event, then the fields. */
export function prettyLine(line: string, inColor: boolean): string {
  try {
    const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const clock = typeof time === 'string' ? time.slice(11, 23) : '';
    const name = typeof level === 'string' ? level : '';
    const rest = Object.entries(fields).map(([key, value]) => `${key}=${show(value)}`);
    const word = name.padEnd(5);
    const head = inColor ? `${COLOURS[name] ?? ''}${word}${RESET}` : word;
    return `${[clock, head, show(event), ...rest].join(' ')}\n`;
  } catch {
    return line;
  }
}
