const columns = ['benchmark', 'what', 'ours', 'peer', 'ratio', 'goal', 'held'];

/** One table of every row: ours, its peer, the ratio, the goal, held or not; below it, why not. */
export function printTable({ environment, results }) {
  const rows = results.flatMap(({ name, rows: own }) =>
    own.map((row) => [
      name,
      row.what,
      row.ours,
      row.peer,
      row.ratio,
      row.goal,
      row.held ? 'yes' : 'NO',
    ]),
  );
  const widths = columns.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i].length)),
  );
  const line = (cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  console.log(
    `\n${environment.cpu}, ${environment.cores} cores, Linux ${environment.kernel}, Node ${environment.node}, ` +
      `commit ${environment.commit}, profile ${environment.profile}`,
  );
  console.log(line(columns));
  console.log(line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) console.log(line(row));
  for (const { name, rows: own } of results)
    for (const { what, held, reason } of own)
      if (!held && reason !== undefined) console.log(`${name}, ${what}: ${reason}`);
  for (const { notes = [] } of results) for (const note of notes) console.log(note);
}
