// A terminal without a window: what a program writes is drawn by xterm, and can be looked at; keys are pressed by text.
import { PassThrough, Writable } from 'node:stream';
import xterm from '@xterm/headless';

/** A screen that does not show something by then never will, ms. */
const WAIT_MAX_MS = 8_000;

export class Screen {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Bytes written so far. */
  bytes = 0;
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  readonly #keys = new PassThrough();
  readonly #listeners = new Set<() => void>();
  isRaw = false;

  constructor(columns: number, rows: number) {
    // `convertEol`: a real terminal's driver does that.
    this.terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
    const output = new Writable({
      decodeStrings: false,
      write: (chunk: string | Uint8Array, _encoding, done) => {
        this.bytes += chunk.length;
        this.terminal.write(chunk, () => {
          for (const listener of this.#listeners) listener();
        });
        done();
      },
    });
    this.stdout = Object.assign(output, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream;
    this.stdin = Object.assign(this.#keys, {
      ...{ isTTY: true, ref: () => this.stdin, unref: () => this.stdin },
      setRawMode: (isRaw: boolean) => {
        this.isRaw = isRaw;
        return this.stdin;
      },
    }) as unknown as NodeJS.ReadStream;
  }

  /** `\u001b` is escape, `\r` enter. */
  type(text: string): void {
    this.#keys.write(text);
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    Object.assign(this.stdout, { columns, rows });
    this.stdout.emit('resize');
  }

  get isAlternate(): boolean {
    return this.terminal.buffer.active.type === 'alternate';
  }

  lines(): readonly string[] {
    const { active } = this.terminal.buffer;
    return Array.from({ length: this.terminal.rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    );
  }

  text(): string {
    return this.lines().join('\n');
  }

  /** Once the screen shows it; throws, with what it shows, when it does not within WAIT_MAX_MS. */
  until(wanted: string | RegExp | ((text: string) => boolean)): Promise<void> {
    const isThere = (): boolean => {
      const text = this.text();
      if (typeof wanted === 'function') return wanted(text);
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    };
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        settle();
      };
      const late = (): void => finish(() => reject(new Error(`the screen never showed ${wanted}:\n${this.text()}`)));
      const timer = setTimeout(late, WAIT_MAX_MS);
      const look = (): void => {
        if (isThere()) finish(resolve);
      };
      this.#listeners.add(look);
      look();
    });
  }
}
