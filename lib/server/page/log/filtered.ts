import type { LogLine } from '../../live-view.js';

/**
 * Lines of at least a level (`ok`, `warn`, `bad`) about a symbol, newest first. With a symbol, lines about
 * no symbol are left out; '' stands for all.
 */
export function filtered(log: readonly LogLine[], level: string, symbol: string): LogLine[] {
  const levels = ['ok', 'warn', 'bad'];
  const least = Math.max(0, levels.indexOf(level));
  return log
    .filter(
      (line) => levels.indexOf(line.level) >= least && (symbol === '' || line.symbol === symbol),
    )
    .sort((a, b) => b.tsMs - a.tsMs || b.id - a.id);
}
