import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { HftError } from '../models/hft-error.js';
import { buildRemedy } from '../native/build-remedy.js';
import { ownUrl } from '../native/own-url.js';

/** The live page with the header that lets a browser run nothing but what is in it. */
export interface PageFile {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/**
 * Reads the built page: it lies beside the bundle.
 *
 * @throws HftError `ERR_INVALID_DATA` when it is not built.
 */
export function readPage(): PageFile {
  const places = ['./page.html', '../page.html', '../../dist/page.html'].map((place) =>
    fileURLToPath(new URL(place, ownUrl(import.meta.url))),
  );
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new HftError('ERR_INVALID_DATA', 'the live page is not built.', {
      remedy: buildRemedy('Run `npm run build`.'),
    });
  }
  const html = readFileSync(found, 'utf8');
  const hashes = (tag: string): string =>
    [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))]
      .map((match) =>
        createHash('sha256')
          .update(match[1] ?? '')
          .digest('base64'),
      )
      .map((hash) => `'sha256-${hash}'`)
      .join(' ');
  return {
    html,
    contentSecurityPolicy: [
      "default-src 'none'",
      `script-src ${hashes('script')}`,
      `style-src ${hashes('style')}`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  };
}
