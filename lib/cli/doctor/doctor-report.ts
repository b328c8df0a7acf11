import type { Finding, FindingLevel } from './finding.js';

const MARKS: Readonly<Record<FindingLevel, string>> = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' };
const COLORS: Readonly<Record<FindingLevel, string>> = { ok: '32', warn: '33', fail: '31' };

/** The findings for people, one line each with its remedy below. */
export function doctorText(findings: readonly Finding[], inColor: boolean): string {
  const width = Math.max(...findings.map(({ id }) => id.length));
  const lines = findings.flatMap(({ id, level, found, remedy }) => {
    const mark = inColor ? `\u001b[${COLORS[level]}m${MARKS[level]}\u001b[0m` : MARKS[level];
    const line = `${mark}  ${id.padEnd(width)}  ${found}`;
    return remedy === undefined ? [line] : [line, `${' '.repeat(width + 8)}→ ${remedy}`];
  });
  return [...lines, '', summary(findings)].join('\n');
}

/** The findings for programs. */
export function doctorJson(findings: readonly Finding[]): string {
  return JSON.stringify({ ok: !hasFailure(findings), findings });
}

/** True when something does not work. */
export function hasFailure(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'fail');
}

function summary(findings: readonly Finding[]): string {
  const count = (level: FindingLevel): number =>
    findings.filter((finding) => finding.level === level).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed > 0) return `${String(failed)} thing(s) do not work, ${String(warned)} warning(s).`;
  return warned > 0 ? `Everything works; ${String(warned)} warning(s).` : 'Everything works.';
}
