const color = (code: number, text: string): string => `\u001b[${String(code)}m${text}\u001b[0m`;

/** Text in green. */
export const green = (text: string): string => color(32, text);
/** Text in red. */
export const red = (text: string): string => color(31, text);
/** Faint text. */
export const dim = (text: string): string => color(2, text);
/** Bold text. */
export const bold = (text: string): string => color(1, text);

/** Pads to a visible width, or cuts to it; codes of colours take no room. */
export function pad(text: string, width: number): string {
  const visible = text.replace(/\u001b\[\d+m/g, '').length;
  return text + ' '.repeat(Math.max(0, width - visible));
}
