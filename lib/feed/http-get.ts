import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getEncrypted } from 'node:https';

import { proxyAgent } from './proxy-agent.js';

/** An answer over HTTP. */
export interface HttpText {
  readonly status: number;
  readonly text: string;
  /** Value of `Retry-After`, '' without one. */
  readonly retryAfter: string;
}

/**
 * Asks for a page of text: by `fetch`, or through the proxy of the environment, which `fetch` does not take on
 * every supported Node.js.
 *
 * @throws Error of the network, and of `signal`.
 */
export async function httpGet(url: string, signal: AbortSignal): Promise<HttpText> {
  const agent = proxyAgent(url);
  if (agent === undefined) {
    const response = await fetch(url, { signal });
    return {
      status: response.status,
      text: await response.text(),
      retryAfter: response.headers.get('retry-after') ?? '',
    };
  }
  const get = url.startsWith('https:') ? getEncrypted : getPlain;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent, signal }, resolve).once('error', reject);
  });
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  return {
    status: answer.statusCode ?? 0,
    text,
    retryAfter: answer.headers['retry-after'] ?? '',
  };
}
