/** Stands between clients and a relay, passes everything on, and writes all of it down. */

import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export type Direction = 'to relay' | 'from relay';

export interface Captured {
  direction: Direction;
  /** A message of a socket, the head of a request or of its answer, or the body. */
  kind: 'message' | 'head' | 'body';
  /** What was asked for. */
  path: string;
  bytes: Buffer;
}

export class CapturingProxy {
  readonly captured: Captured[] = [];
  /** What becomes of a message of the relay: as it is, unless a test bends it. */
  bend: (message: Buffer) => Buffer = (message) => message;
  readonly #relay: string;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });

  private constructor(relay: string) {
    this.#relay = relay;
    this.#server = createServer((asked, answer) => this.#forward(asked, answer));
    this.#server.on('upgrade', (asked, socket, head) => {
      this.#keepHead('to relay', asked);
      this.#sockets.handleUpgrade(asked, socket, head, (client) => this.#join(client, asked));
    });
  }

  /** In front of the relay at `address`. */
  static async start(address: string): Promise<CapturingProxy> {
    const proxy = new CapturingProxy(address);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many messages of sockets went that way. */
  messages(direction: Direction): number {
    return this.captured.filter((each) => each.kind === 'message' && each.direction === direction).length;
  }

  async stop(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(direction: Direction, kind: Captured['kind'], path: string, bytes: Buffer) {
    this.captured.push({ direction, kind, path, bytes });
  }

  #keepHead(direction: Direction, message: IncomingMessage, path = message.url ?? '') {
    const first = message.method
      ? `${message.method} ${message.url}`
      : `${message.statusCode} ${message.statusMessage}`;
    this.#keep(direction, 'head', path, Buffer.from([first, ...message.rawHeaders].join('\n'), 'latin1'));
  }

  #forward(asked: IncomingMessage, answer: ServerResponse) {
    const path = asked.url ?? '';
    this.#keepHead('to relay', asked);
    // The Host header goes on as it came: the relay compares it with the name that clients sign.
    const onward = request(
      `http://${this.#relay}${path}`,
      { method: asked.method, headers: asked.headers },
      (answered) => {
        this.#keepHead('from relay', answered, path);
        const parts: Buffer[] = [];
        answered.on('data', (part: Buffer) => parts.push(part));
        answered.on('end', () => this.#keep('from relay', 'body', path, Buffer.concat(parts)));
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    const parts: Buffer[] = [];
    asked.on('data', (part: Buffer) => parts.push(part));
    asked.on('end', () => this.#keep('to relay', 'body', path, Buffer.concat(parts)));
    asked.pipe(onward);
  }

  #join(client: WebSocket, asked: IncomingMessage) {
    const path = asked.url ?? '';
    const { host = '', origin } = asked.headers;
    const relay = new WebSocket(`ws://${this.#relay}${path}`, client.protocol ? [client.protocol] : [], {
      headers: { host },
      ...(origin === undefined ? {} : { origin }),
      perMessageDeflate: false,
    });
    const early: [Buffer, boolean][] = [];
    client.on('message', (data: Buffer, binary) => {
      this.#keep('to relay', 'message', path, data);
      if (relay.readyState === WebSocket.OPEN) relay.send(data, { binary });
      else early.push([data, binary]);
    });
    relay.on('open', () => {
      for (const [data, binary] of early.splice(0)) relay.send(data, { binary });
    });
    relay.on('message', (data: Buffer, binary) => {
      this.#keep('from relay', 'message', path, data);
      client.send(this.bend(data), { binary });
    });
    relay.on('upgrade', (answered) => this.#keepHead('from relay', answered, path));
    for (const [one, other] of [
      [client, relay],
      [relay, client],
    ] as const) {
      one.on('close', () => other.terminate());
      one.on('error', () => other.terminate());
    }
  }
}
