/** True unless the user wants no colours (`NO_COLOR`, not empty) or has a terminal that knows none (`TERM=dumb`). */
export function takesColor(env: NodeJS.ProcessEnv = process.env): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
