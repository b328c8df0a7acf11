import type { Reported } from './story.js';

/** Whether a notice said of the order, to any life of the bot, that it cannot be read. */
export function isUnreadable(orderId: bigint, reported: readonly Reported[]): boolean {
  const name = `order ${String(orderId)} `;
  return reported.some(
    ({ kind, text }) => kind === 'notice' && text.startsWith('3212 ') && text.includes(name),
  );
}
