// Seeded schedules over real sockets: a fake venue, the real connector and a real `LiveClient`, each
// in a process of its own, with faults at every point. An independent journal at the venue decides.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';

import { describeNative, nativeMissing } from '../support/native-suite.js';
import { uniqueName } from '../support/live-connector-process.js';
import { judge, type Finding } from './judge.js';
import { DEFAULT_SCHEDULES, DIRECT_EVERY, makePlan } from './plan.js';
import { report } from './report.js';
import { NOT_HELD_YET, RULES } from './rules/index.js';
import { runSchedule, STARTED_ANEW } from './run-schedule.js';

const number = (name: string, preset: number): number => Number(process.env[name] ?? preset);
const SEED = process.env['ORDERS_SEED'];
const SCHEDULES = number('ORDERS_SCHEDULES', DEFAULT_SCHEDULES);
const FIRST = number('ORDERS_FIRST_SEED', 1);
/** Most of a schedule is waiting. */
const AT_ONCE = number('ORDERS_AT_ONCE', 16);
/** Violations whose histories are shown, for each rule. */
const SHOWN = 2;

const seeds =
  SEED === undefined
    ? Array.from({ length: SCHEDULES }, (_, at) => FIRST + at)
    : SEED.split(',').map(Number);
/** All in direct mode; without the flag a part of them comes in direct mode after the others. */
const IS_DIRECT = process.env['ORDERS_DIRECT'] === 'yes';
const isAlsoDirect = SEED === undefined && !IS_DIRECT;
const schedules = [
  ...seeds.map((seed) => ({ seed, isDirect: IS_DIRECT })),
  ...seeds
    .slice(0, isAlsoDirect ? Math.ceil(SCHEDULES / DIRECT_EVERY) : 0)
    .map((seed) => ({ seed, isDirect: true })),
];
const findings: Finding[] = [];
const broken: string[] = [];
let judged = 0;
/** Seeds in which a killed connector could be started only after its bot had been stopped, and its last words. */
const anew: string[] = [];

async function runAll(): Promise<void> {
  const waiting = [...schedules];
  const one = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { seed, isDirect } = next;
      try {
        const story = await runSchedule(makePlan(seed, isDirect), uniqueName());
        findings.push(...judge(story));
        judged += 1;
        const at = story.deeds.findIndex(({ text }) => text === STARTED_ANEW);
        const words = story.deeds.slice(0, at).findLast(({ text }) => text.startsWith('  log: '));
        if (at >= 0) anew.push(`seed ${String(seed)}: ${words?.text.trim() ?? 'no word'}`);
      } catch (error) {
        broken.push(
          `seed ${String(seed)}${isDirect ? ' in direct mode' : ''}: ${error instanceof Error ? error.stack : String(error)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function summary(): string {
  const direct = schedules.filter(({ isDirect }) => isDirect).length;
  const lines = [
    `${String(schedules.length)} schedules, ${String(direct)} of them in direct mode, ${String(anew.length)} in which the connector could not be started while its bot ran`,
    ...anew.map((words) => `  ${words}`),
  ];
  for (const { name } of RULES) {
    const of = findings.filter(({ rule }) => rule === name);
    const where = [
      ...new Set(
        of.map(({ story: { plan } }) => `${String(plan.seed)}${plan.isDirect ? 'd' : ''}`),
      ),
    ];
    const held = NOT_HELD_YET.has(name) ? ' (NOT HELD YET)' : '';
    lines.push(`  ${name}${held}: ${String(of.length)} violations in ${String(where.length)} schedules${where.length > 0 ? `, seeds ${where.slice(0, 20).join(' ')}` : ''}`); // prettier-ignore
  }
  return lines.join('\n');
}

describeNative(`orders in ${String(schedules.length)} schedules of faults`, () => {
  beforeAll(async () => {
    await runAll();
    console.log(summary());
    const file = process.env['ORDERS_REPORT'];
    if (file !== undefined) {
      const all = findings.map(({ rule, violation, story }) => report(rule, violation, story));
      writeFileSync(path.resolve(file), [...broken, ...all].join('\n\n') + '\n');
    }
  }, 3_600_000);

  it('every schedule runs to its end', () => {
    expect(broken).toEqual([]);
    expect(judged).toBe(schedules.length);
  });

  for (const { name, says } of RULES) {
    const held = !NOT_HELD_YET.has(name);
    it.skipIf(!held)(held ? says : `NOT HELD YET: ${says}`, () => {
      const of = findings.filter(({ rule }) => rule === name);
      expect(judged, 'schedules that were judged').toBeGreaterThan(0);
      const shown = of.slice(0, SHOWN).map((one) => report(name, one.violation, one.story));
      expect(of.length, `${String(of.length)} violations\n${shown.join('\n\n')}`).toBe(0);
    });
  }
});

if (nativeMissing !== '') console.log(`schedules of orders: not run, ${nativeMissing}`);
