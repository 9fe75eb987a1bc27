// Hints between processes: one signed datagram that names a bucket. Workers publish where they listen with their announcement;
// a sender looks the list up now and then. Losing one costs latency, never a job.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Bucket } from '../../core/model/ids.ts';
import type { HintPort } from '../../core/ports/store.ts';

/** The list of listeners is read at most so often, ms. */
const ADDRESSES_EVERY_MS = 3_000;
/** A hint older than this is a replay, ms; clocks may differ by as much. */
const FRESH_MS = 30_000;
/** Hints obeyed in a second. */
const HINTS_PER_SECOND_MAX = 1_000;
const SEPARATOR = '.';

export interface HintOptions {
  readonly secret: string;
  /** Where workers listen, as `host:port`. */
  readonly addresses: () => Promise<readonly string[]>;
  /** Where listeners are told to send to: this machine, as the store's nodes see it. */
  readonly host: string;
  readonly wallMs: () => number;
}

export interface HintChannel extends HintPort, AsyncDisposable {
  /** Fire and forget. */
  send(bucket: Bucket): void;
  /** `host:port` once it listens; null when nobody asked it to, or it cannot. */
  address(): Promise<string | null>;
}

export const createHints = ({ secret, addresses, host, wallMs }: HintOptions): HintChannel => {
  const listeners = new Set<(bucket: Bucket) => void>();
  const sign = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url');
  let socket: Socket | null = null;
  let address: Promise<string | null> = Promise.resolve(null);
  let known: { readonly atMs: number; readonly list: readonly string[] } | null = null;
  let sending: Promise<void> = Promise.resolve();
  let window = { second: 0, count: 0 };

  const notify = (bucket: Bucket): void => {
    for (const listener of [...listeners]) listener(bucket);
  };

  const open = (): Socket => {
    if (socket !== null) return socket;
    const opened = createSocket('udp4');
    opened.on('message', (message) => {
      const bucket = hinted(message.toString('utf8'));
      if (bucket !== null) notify(bucket);
    });
    address = new Promise((resolve) => {
      opened.on('error', () => resolve(null)); // a hint may get lost
      opened.on('close', () => resolve(null));
      opened.bind(0, () => resolve(`${host}:${opened.address().port}`));
    });
    opened.unref();
    socket = opened;
    return opened;
  };

  /** Null where it is not to be obeyed. */
  const hinted = (text: string): Bucket | null => {
    const [body = '', signature = ''] = text.split(SEPARATOR);
    const [expected, given] = [Buffer.from(sign(body)), Buffer.from(signature)];
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null;
    const [sentMs = 0, bucket = 0] = body.split('/').map(Number);
    const second = Math.floor(wallMs() / 1_000);
    if (window.second !== second) window = { second, count: 0 };
    window.count += 1;
    const isObeyed = Math.abs(wallMs() - sentMs) < FRESH_MS && window.count <= HINTS_PER_SECOND_MAX;
    return isObeyed ? (bucket as Bucket) : null;
  };

  const sendToAll = async (bucket: Bucket): Promise<void> => {
    if (known === null || wallMs() - known.atMs > ADDRESSES_EVERY_MS)
      known = { atMs: wallMs(), list: await addresses() };
    const body = `${wallMs()}/${bucket}`;
    const message = Buffer.from(`${body}${SEPARATOR}${sign(body)}`);
    await Promise.all(
      known.list.map((each) => {
        const [to = '', port = ''] = each.split(':');
        return new Promise<void>((resolve) => open().send(message, Number(port), to, () => resolve()));
      }),
    );
  };

  return {
    address: () => address,
    send: (bucket) => {
      setImmediate(() => notify(bucket)); // this process need not ask the network
      sending = sending.then(() => sendToAll(bucket)).catch(() => {});
    },
    hintSubscribe: (listener) => {
      const own = (bucket: Bucket): void => listener(bucket);
      listeners.add(own);
      open();
      return () => listeners.delete(own);
    },
    [Symbol.asyncDispose]: async () => {
      await sending;
      await new Promise<void>((resolve) => (socket === null ? resolve() : socket.close(() => resolve())));
    },
  };
};
