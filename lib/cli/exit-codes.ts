/** The rule of all commands, for their help. */
export const EXIT_CODES = `Exit codes:
  0  it did what was asked, also when Ctrl+C, SIGTERM, --seconds or a reader of its output
     that has gone (… | head) ended it
  1  it did not: the standard error says why and what to do, and with --json so does the
     last line of the standard output: {"error":{"code":…,"message":…,"remedy":…}}`;
