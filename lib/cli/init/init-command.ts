import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Command } from 'commander';

import { writeProject } from './write-project.js';

/** Beside the bundle's folder; here when this file runs from its source. */
function templateFolder(): string {
  const places = ['../template', './template'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? '';
}

/** Adds `init`: writes a project with a strategy in TypeScript, its test, and scripts to run it. */
export function addInit(program: Command, version: string): void {
  program
    .command('init')
    .description('Write a TypeScript project with a strategy, its test, and scripts to run it.')
    .argument('[folder]', 'an empty folder, or one that does not exist yet', '.')
    .action((folder: string) => {
      const files = writeProject({ template: templateFolder(), folder, version });
      const isHere = path.resolve(folder) === process.cwd();
      process.stdout.write(
        `${files.map((file) => `  ${path.join(folder, file)}`).join('\n')}\n\n` +
          `${isHere ? '' : `cd ${folder}\n`}npm install\nnpm start        # on a simulated exchange; Ctrl+C ends it\n`,
      );
    });
}
