// Whose the processor time of a moment was.
import { readFileSync } from 'node:fs';

/** Ticks of all processors: in all, taken by the hypervisor, and used by programs and kernel threads. */
function machine() {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).slice(1);
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = fields.map(Number);
  // Guest time, after `steal`, is part of user time.
  const total = fields.slice(0, 8).reduce((sum, ticks) => sum + Number(ticks), 0);
  return { total, steal, used: user + nice + system };
}

/** Ticks of this process and of those of its children that have ended. */
function own() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15);
  return user + system + childrenUser + childrenSystem;
}

/** Where it stands now. */
export function loadNow() {
  return { ...machine(), own: own() };
}

/**
 * Shares of the machine's processor time since `before`: what the hypervisor took, and what other programs used.
 * Every process that was started since then must have ended.
 */
export function loadSince(before) {
  const now = loadNow();
  const total = Math.max(1, now.total - before.total);
  const others = now.used - before.used - (now.own - before.own);
  return { stolen: (now.steal - before.steal) / total, others: Math.max(0, others) / total };
}
