const RESET = '\u001b[0m';
const PIECES = /\u001b\[[0-9;]*m|[^\u001b]/gu;

/**
 * A line as a terminal of so many columns shows it whole: longer ones would wrap and push the frame out
 * of its place. Codes of colours take no column; with `isPlain` they are left out.
 */
export function fitLine(line: string, columns: number, isPlain: boolean): string {
  let left = columns;
  let isColoured = false;
  let text = '';
  for (const [piece] of line.matchAll(PIECES)) {
    if (piece.startsWith('\u001b')) {
      if (isPlain) continue;
      isColoured = piece !== RESET;
    } else if (left === 0) break;
    else left -= 1;
    text += piece;
  }
  return isColoured ? text + RESET : text;
}
