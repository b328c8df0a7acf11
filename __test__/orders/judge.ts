import { RULES } from './rules/index.js';
import type { Violation } from './rules/rule.js';
import type { Story } from './story.js';

/** A rule that did not hold, and where. */
export interface Finding {
  readonly rule: string;
  readonly violation: Violation;
  readonly story: Story;
}

/** Holds a story against every rule. */
export function judge(story: Story): Finding[] {
  return RULES.flatMap((rule) =>
    rule.check(story).map((violation) => ({ rule: rule.name, violation, story })),
  );
}
