import { Agent as HttpAgent, request, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import { proxyFor, proxyText, type EnvProxy } from '../connector/proxy-env.js';
import { HftError } from '../models/hft-error.js';

type Done = (error: Error | null, socket: Duplex) => void;

/**
 * The agent for connections to an address through the proxy of the environment, by CONNECT; TLS stays between
 * this process and the venue.
 *
 * @returns `undefined` where the way is direct.
 */
export function proxyAgent(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
): HttpAgent | undefined {
  const proxy = proxyFor(url, env);
  if (proxy === undefined) return undefined;
  const isEncrypted = /^(https|wss):/.test(url);
  const agent = isEncrypted ? new HttpsAgent() : new HttpAgent();
  agent.createConnection = (options: ClientRequestArgs, done?: Done) => {
    const host = options.host ?? '';
    tunnel(proxy, host, Number(options.port ?? (isEncrypted ? 443 : 80))).then(
      (socket) => {
        done?.(null, isEncrypted ? connectTls({ socket, servername: host }) : socket);
      },
      (error: unknown) => {
        // Its type has a socket also with an error.
        done?.(error as Error, undefined as unknown as Duplex);
      },
    );
    return undefined;
  };
  return agent;
}

function tunnel(proxy: EnvProxy, host: string, port: number): Promise<Socket> {
  const path = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const failed = (why: string): HftError =>
    new HftError('ERR_CONNECTOR_DOWN', `the proxy ${proxyText(proxy)}: ${why}`, {
      remedy: 'Correct or unset HTTPS_PROXY, or name the host in NO_PROXY.',
    });
  return new Promise((resolve, reject) => {
    const asked = request({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path,
      headers: {
        host: path,
        ...(proxy.authorization === undefined
          ? {}
          : { 'proxy-authorization': proxy.authorization }),
      },
    });
    asked.once('connect', ({ statusCode = 0 }, socket) => {
      if (statusCode >= 200 && statusCode < 300) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(
        failed(
          statusCode === 407
            ? 'it wants a login: http://user:password@host:port in the variable'
            : `it refused CONNECT ${path} with HTTP status ${String(statusCode)}; allow that host there, or name it in NO_PROXY`,
        ),
      );
    });
    asked.once('error', (error) => {
      reject(failed(error.message));
    });
    asked.end();
  });
}
