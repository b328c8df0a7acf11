// Connector names of this run, none of them used twice.
import process from 'node:process';

let serial = 0;

export function newName() {
  return `bench-${process.pid}-${++serial}`;
}
