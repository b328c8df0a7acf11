import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy as it stands before a live page: under a path of its own, with the `Host` that it chooses. */
export interface PageProxy {
  /** Where browsers find the page: `http://127.0.0.1:1234/bot/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Passes `/bot/…` on to a server as `/…`, WebSockets too, and writes another `Host`. */
export async function startPageProxy(target: string, host: string): Promise<PageProxy> {
  const { port } = new URL(target);
  const open = new Set<Socket>();
  const pathOf = (url = ''): string => url.replace(/^\/bot\//, '/');
  const server = createServer((asked, answer) => {
    if (asked.url?.startsWith('/bot/') !== true) {
      answer.writeHead(404).end();
      return;
    }
    const headers = { ...asked.headers, host };
    request({ port, path: pathOf(asked.url), method: asked.method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    })
      .on('error', () => answer.destroy())
      .end();
  });
  server.on('upgrade', (asked, socket: Socket) => {
    if (asked.url?.startsWith('/bot/') !== true) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(port), '127.0.0.1', () => {
      const lines = Object.entries({ ...asked.headers, host }).map(
        ([k, v]) => `${k}: ${String(v)}`,
      );
      onward.write(`GET ${pathOf(asked.url)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) {
      open.add(end);
      end
        .on('error', () => undefined)
        .on('close', () => {
          open.delete(end);
          socket.destroy();
          onward.destroy();
        });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${at}/bot/`,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
