import {
  createFeedLogger,
  type FeedLogger,
  type FeedLogLevel,
} from '../../lib/feed/feed-logger.js';

/** A logger whose lines can be looked at. */
export function logLines(level: FeedLogLevel = 'info', env: NodeJS.ProcessEnv = {}) {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  const logger: FeedLogger = createFeedLogger({
    level,
    env,
    pretty: false,
    write: (line) => {
      texts.push(line);
      lines.push(JSON.parse(line) as Record<string, unknown>);
    },
  });
  const named = (event: string) => lines.filter((line) => line['event'] === event);
  return { logger, lines, texts, named };
}
