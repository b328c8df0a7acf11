import type { Bot } from '../models/bot.js';

/** A bot whose stop can be undone. */
interface Resumable {
  resume(): void;
}

function isResumable(bot: Bot): bot is Bot & Resumable {
  return 'resume' in bot;
}

/** True when answers can still come: a stop is undone for that, where the bot knows how. */
export function goesOn(bot: Bot): boolean {
  if (bot.closed) return false;
  if (bot.ended && isResumable(bot)) bot.resume();
  return !bot.ended;
}
