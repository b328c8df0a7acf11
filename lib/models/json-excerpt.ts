/** A value as JSON for an error's text: at most so many characters, and never an error of its own. */
export function jsonExcerpt(value: unknown, most = 60): string {
  if (value === undefined) return 'nothing';
  let text: string | undefined;
  try {
    // A value nested some thousand times exhausts the stack here, a bigint is none of JSON's.
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  if (text === undefined) return `a ${typeof value} that cannot be shown`;
  return text.length <= most ? text : `${text.slice(0, most - 3)}…`;
}
