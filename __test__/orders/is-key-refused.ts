import type { Reported } from './story.js';

/** Whether this life of the bot knows from the newest notice that the venue refuses the key: for minutes there is no account. */
export function isKeyRefused(reported: readonly Reported[], ofRun: number | undefined): boolean {
  let isRefused = false;
  for (const { run, kind, text } of reported) {
    if (run !== ofRun) continue;
    if (kind === 'notice' && text.startsWith('3213 ')) isRefused = true;
    else if (kind === 'link' && /^(venue_up|restarted)/.test(text)) isRefused = false;
  }
  return isRefused;
}
