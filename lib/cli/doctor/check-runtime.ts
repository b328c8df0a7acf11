import { readFileSync } from 'node:fs';

import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

const LEAST_NODE = [20, 17] as const;
/** Timer slack above which short sleeps end noticeably late, ns. */
const SLACK_NS = 60_000;

/** Node.js, cores against the wait strategy, and how late short sleeps end. */
export function checkRuntime(context: DoctorContext): Finding[] {
  return [checkNode(context), checkCores(context), checkTimerSlack()];
}

function checkNode({ nodeVersion }: DoctorContext): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return isEnough
    ? ok('node', `Node.js ${nodeVersion}`)
    : fail(
        'node',
        `Node.js ${nodeVersion} is too old`,
        `Install Node.js ${LEAST_NODE.join('.')} or newer.`,
      );
}

/** Bot and connector each want a core while they spin, and Node's main thread one of its own. */
function checkCores({ cpus, wait }: DoctorContext): Finding {
  const text = `${String(cpus)} core(s), wait strategy ${wait}`;
  const isBusy = wait === 'spin' || wait === 'yield';
  if (isBusy && cpus < 2) {
    return fail(
      'cores',
      `${text}: the bot would keep the connector from running`,
      "Use `wait: 'adaptive'` or `'park'`, or a machine with more cores.",
    );
  }
  if (wait === 'spin' && cpus < 3) {
    return warn(
      'cores',
      `${text}: nothing is left for Node's main thread while bot and connector work`,
      "Use `wait: 'adaptive'`, the default.",
    );
  }
  return ok('cores', text);
}

function checkTimerSlack(): Finding {
  let slackNs: number;
  try {
    slackNs = Number(readFileSync('/proc/self/timerslack_ns', 'utf8'));
  } catch {
    return ok('timer-slack', 'this system has no timer slack to look at');
  }
  const text = `short sleeps may end ${String(slackNs / 1000)} µs late`;
  return slackNs <= SLACK_NS
    ? ok('timer-slack', `${text}; bots and connectors lower this for their own threads`)
    : warn(
        'timer-slack',
        text,
        'Something raised it (a service manager, `nice`, a battery saver): start the bot outside of it.',
      );
}
