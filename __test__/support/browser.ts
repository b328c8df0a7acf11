import { existsSync } from 'node:fs';

import { chromium, type Browser } from 'playwright-core';

/** Path of a Chromium of this machine, '' when there is none. `CHROMIUM` names one. */
export const browserPath: string =
  [
    process.env['CHROMIUM'] ?? '',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((place) => place !== '' && existsSync(place)) ?? '';

/** A headless browser that asks for nothing outside this machine. */
export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: browserPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
