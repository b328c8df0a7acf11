import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { HftError } from '../../models/hft-error.js';

/** Files that npm would not pack, or would take for the package's own, under the name they have here. */
const NAMES: Readonly<Record<string, string>> = {
  'package.template.json': 'package.json',
  gitignore: '.gitignore',
  'env.example': '.env.example',
};
/** Name of the project in the template. */
const TEMPLATE_NAME = 'my-bot';

/** What {@link writeProject} needs to know. */
export interface ProjectOptions {
  /** Folder of the template. */
  readonly template: string;
  /** Folder to write into; made when it is not there. */
  readonly folder: string;
  /** Version of this package that the project gets. */
  readonly version: string;
}

/**
 * Writes a project into an empty folder and overwrites nothing.
 *
 * @returns The files, relative to the folder.
 * @throws HftError `ERR_INVALID_ARGUMENT` when the folder is a file or not empty: nothing is written then.
 */
export function writeProject({ template, folder, version }: ProjectOptions): string[] {
  checkEmpty(folder);
  const name = packageName(folder);
  return filesBelow(template).map((file) => {
    const target = path.join(path.dirname(file), NAMES[path.basename(file)] ?? path.basename(file));
    const text = readFileSync(path.join(template, file), 'utf8').replaceAll(TEMPLATE_NAME, name);
    const to = path.join(folder, target);
    mkdirSync(path.dirname(to), { recursive: true });
    // `wx`: also a file that came meanwhile is not overwritten.
    writeFileSync(to, target === 'package.json' ? withVersion(text, version) : text, {
      flag: 'wx',
    });
    return target;
  });
}

function checkEmpty(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const remedy = 'Name a folder that is empty or does not exist.';
  if (!stats.isDirectory())
    throw new HftError('ERR_INVALID_ARGUMENT', `${folder} is no folder.`, { remedy });
  const there = readdirSync(folder).sort();
  if (there.length === 0) return;
  const more = there.length > 8 ? ` and ${String(there.length - 8)} more` : '';
  throw new HftError(
    'ERR_INVALID_ARGUMENT',
    `${folder} is not empty: ${there.slice(0, 8).join(', ')}${more}. Nothing was written.`,
    { remedy },
  );
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** The folder's name as npm takes it. */
function packageName(folder: string): string {
  const name = path.basename(path.resolve(folder)).toLowerCase();
  const allowed = name.replaceAll(/[^a-z0-9._-]+/g, '-').replaceAll(/^[._-]+|-+$/g, '');
  return allowed === '' || allowed === 'hftbacktest-live' ? TEMPLATE_NAME : allowed;
}

function withVersion(text: string, version: string): string {
  return text.replace(/("hftbacktest-live": )"[^"]*"/, `$1"^${version}"`);
}
