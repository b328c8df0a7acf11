import { setTimeout as delay } from 'node:timers/promises';

/** Waits until all have come, or no more come for a second. */
export async function settled(received, wanted) {
  let last = -1;
  while (received() < wanted && received() !== last) {
    last = received();
    for (let i = 0; i < 20 && received() < wanted; i++) await delay(50);
  }
}
