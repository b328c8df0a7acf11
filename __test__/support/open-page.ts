import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A page that is open, with what went wrong in it: exceptions, errors of the console, policy violations. */
export interface OpenPage {
  readonly page: Page;
  readonly faults: string[];
  /** Every address that it asked for, and those of its WebSockets. */
  readonly requests: string[];
  readonly sockets: string[];
}

/** Opens an address in a context of its own: nothing is kept from the page before. */
export async function openPage(
  browser: Browser,
  url: string,
  { width = 1280, ...options }: BrowserContextOptions & { readonly width?: number } = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
  const page = await context.newPage();
  const [faults, requests, sockets]: [string[], string[], string[]] = [[], [], []];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await page.goto(url);
  return { page, faults, requests, sockets };
}

/** Visible text of the element with an id. */
export const textOf = (page: Page, id: string): Promise<string> =>
  page.locator(`#${id}`).innerText();
