// The dashboard without its drawing: what is shown, where the cursor is, what a key does to that. Plain state and no React, so
// that a test presses keys and looks.
import { errorText } from '../core/model/errors.ts';
import { DASH_REFRESH_MIN_MS } from '../core/model/limits.ts';
import { VIEW_NAMES, type ViewName } from '../core/model/view-name.ts';
import type { Clock } from '../core/ports/clock.ts';
import { Acting } from './acting.ts';
import { completed, parseCommand, typedText } from './command.ts';
import { detailLines, helpLines } from './contents.ts';
import type { Feed, Snapshot } from './feed.ts';
import { BINDINGS, type Doing } from './keys.ts';
import { List } from './list.ts';
import type { Mode } from './modes.ts';
import type { Written } from './rows.ts';
import type { AnyView, Ask, DetailLine, Scope } from './view.ts';

const REFRESH_MAX_MS = 60_000;
const REFRESH_STEP = 2;
const TICK_MS = 1_000;
/** Lines around the rows: header, tabs, title, columns, footer. */
const FRAME_LINES = 5;

export interface DashboardOptions {
  readonly feed: Feed;
  readonly views: readonly AnyView[];
  readonly ask: Ask;
  readonly clock: Clock;
  readonly isReadOnly: boolean;
  readonly toYaml: (value: unknown) => string;
  /** To the clipboard of the terminal. */
  readonly copy: (text: string) => void;
  readonly quit: (reason: 'quit' | 'interrupt') => void;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export class Dashboard {
  readonly options: DashboardOptions;
  size: Size = { columns: 80, rows: 24 };
  /** Said in the footer until the next key. */
  message = '';
  readonly #lists: ReadonlyMap<ViewName, List>;
  readonly #acting: Acting;
  /** The last one is on top; empty: the view itself. */
  #modes: readonly Mode[] = [];
  readonly #listeners = new Set<() => void>();
  #version = 0;

  constructor(options: DashboardOptions) {
    this.options = options;
    this.#lists = new Map(options.views.map((view) => [view.name, new List(view)]));
    this.#acting = new Acting({
      ...{ ask: options.ask, isReadOnly: options.isReadOnly },
      push: (mode) => this.#push(mode),
      pop: () => this.#pop(),
      say: (text) => this.#say(text),
      done: () => {
        this.list?.marks.clear();
        options.feed.wake();
      },
    });
    options.feed.subscribe(() => this.#changed());
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Another number after every change. */
  version = (): number => this.#version;

  get snapshot(): Snapshot {
    return this.options.feed.snapshot;
  }

  get mode(): Mode | null {
    return this.#modes.at(-1) ?? null;
  }

  /** Of the view that is shown; null for the overview. */
  get list(): List | null {
    return this.#lists.get(this.snapshot.view) ?? null;
  }

  /** Rows of the list that fit on the screen. */
  get height(): number {
    return Math.max(1, this.size.rows - FRAME_LINES);
  }

  /** What there is to show in the list, as it is filtered and sorted. */
  rows(): ReturnType<List['rows']> {
    const { rows, view, events } = this.snapshot;
    return this.list?.rows(view === 'events' ? events : rows, this.options.clock.wallMs()) ?? [];
  }

  /** What is old says so, second by second. Until the signal. */
  async tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.options.clock.sleep(TICK_MS, signal);
      if (this.snapshot.failure !== null) this.#changed();
    }
  }

  resize(size: Size): void {
    this.size = size;
    this.#changed();
  }

  show(view: ViewName, scope: Scope = {}, filter = ''): void {
    this.#modes = [];
    this.options.feed.show(view, scope);
    this.list?.restart(filter);
    this.#changed();
  }

  press(key: string): void {
    if (key === 'focus-in' || key === 'focus-out') {
      this.options.feed.seen(key === 'focus-in');
      return;
    }
    this.message = '';
    const { mode } = this;
    if (key === 'ctrl-c') this.options.quit('interrupt');
    else if (mode?.kind === 'input') this.#type(mode, key);
    else if (mode?.kind === 'confirm' || mode?.kind === 'answer') this.#acting.press(mode, key);
    else this.#browse(key);
    this.#changed();
  }

  #browse(key: string): void {
    const view = /^[1-9]$/.test(key) ? VIEW_NAMES[Number(key) - 1] : undefined;
    const isList = this.mode === null && this.list !== null;
    const binding = BINDINGS.find(({ keys, where }) => keys.includes(key) && (where === 'all' || isList));
    const action = this.#actionOf(key);
    if (view !== undefined) this.show(view);
    else if (action !== undefined) this.#acting.start(this.list?.view as AnyView, action, this.#targets());
    else if (binding !== undefined) this.#do(binding.does);
  }

  #actionOf(key: string) {
    const isOnRow = this.mode === null || this.mode.kind === 'detail';
    return isOnRow ? this.list?.view.actions.find((action) => action.key === key) : undefined;
  }

  /** The row that is open, else the marked ones, else the one under the cursor; of a group all. */
  #targets(): readonly never[] {
    if (this.mode?.kind === 'detail') return [this.mode.row as never];
    return (this.list?.targets(this.rows()) ?? []) as readonly never[];
  }

  #do(doing: Doing): void {
    const { feed, quit } = this.options;
    if (doing === 'quit') quit('quit');
    else if (doing === 'help') this.#push({ kind: 'help', start: 0 });
    else if (doing === 'filter') this.#push({ kind: 'input', prompt: '/', text: this.list?.filter ?? '' });
    else if (doing === 'command') this.#push({ kind: 'input', prompt: ':', text: '' });
    else if (doing === 'nextView') this.#step(1);
    else if (doing === 'previousView') this.#step(-1);
    else if (doing === 'pause') this.#pause();
    else if (doing === 'faster') this.#refresh(feed.refreshMs / REFRESH_STEP);
    else if (doing === 'slower') this.#refresh(feed.refreshMs * REFRESH_STEP);
    else if (doing === 'back') this.#back();
    else if (doing === 'open') this.#open();
    else if (doing === 'yaml') this.#yaml();
    else if (doing === 'copy') this.#copy();
    else if (this.mode?.kind === 'detail' || this.mode?.kind === 'help') this.#scroll(this.mode, doing);
    else this.list?.press(doing, this.rows(), this.height);
  }

  #step(by: number): void {
    const index = VIEW_NAMES.indexOf(this.snapshot.view) + by;
    this.show(VIEW_NAMES[(index + VIEW_NAMES.length) % VIEW_NAMES.length] ?? 'overview');
  }

  #pause(): void {
    const { feed } = this.options;
    feed.isPaused = !feed.isPaused;
    feed.wake();
  }

  #refresh(ms: number): void {
    const { feed } = this.options;
    feed.refreshMs = Math.min(REFRESH_MAX_MS, Math.max(DASH_REFRESH_MIN_MS, ms));
    feed.wake();
    this.#say(`reads every ${feed.refreshMs / 1_000} s`);
  }

  #back(): void {
    const { view, scope } = this.snapshot;
    if (this.mode !== null) this.#pop();
    else if (this.list?.clear() !== true && Object.keys(scope).length > 0) this.show(view);
  }

  #open(): void {
    const target = this.list?.current(this.rows());
    if (target === undefined || this.list === null) return;
    const { opens } = this.list.view;
    if (opens === undefined) {
      this.#openDetail(this.list.view, target);
    } else {
      const { view, scope } = opens(target.row);
      this.show(view, scope);
    }
  }

  #openDetail({ noun, detail }: AnyView, { id, row }: Written<never>): void {
    const mode = { kind: 'detail', title: `${noun}/${id}`, row, lines: null, start: 0 } as const;
    this.#push(mode);
    const read = detail?.(this.options.ask, row) ?? Promise.resolve(this.#yamlLines(row));
    read.then(
      (lines) => this.#fill(mode, lines),
      (error: unknown) => this.#fill(mode, [{ text: errorText(error), tone: 'bad' }]),
    );
  }

  /** Unless it has been left meanwhile. */
  #fill(mode: Mode & { readonly kind: 'detail' }, lines: readonly DetailLine[]): void {
    this.#modes = this.#modes.map((each) => (each === mode ? { ...mode, lines } : each));
    this.#changed();
  }

  #yaml(): void {
    const target = this.list?.current(this.rows());
    if (target === undefined || this.list === null) return;
    const title = `${this.list.view.noun}/${target.id}`;
    this.#push({ kind: 'detail', title, row: target.row, lines: this.#yamlLines(target.row), start: 0 });
  }

  #yamlLines(row: unknown): readonly DetailLine[] {
    return this.options
      .toYaml(row)
      .trimEnd()
      .split('\n')
      .map((text) => ({ text }));
  }

  #copy(): void {
    const target = this.list?.current(this.rows());
    if (target === undefined) return;
    this.options.copy(target.id);
    this.#say(`${target.id} is in the clipboard, where the terminal allows it`);
  }

  #scroll(mode: Mode & { readonly kind: 'detail' | 'help' }, doing: Doing): void {
    const lines = mode.kind === 'help' ? helpLines(this.list?.view) : detailLines(mode, this.size.columns);
    const last = Math.max(0, lines.length - this.height - 1);
    const to: Partial<Record<Doing, number>> = {
      ...{ down: mode.start + 1, up: mode.start - 1, top: 0, bottom: last },
      ...{ pageDown: mode.start + this.height, pageUp: mode.start - this.height },
    };
    const start = Math.max(0, Math.min(last, to[doing] ?? mode.start));
    this.#modes = [...this.#modes.slice(0, -1), { ...mode, start }];
  }

  #type(mode: Mode & { readonly kind: 'input' }, key: string): void {
    const { prompt, text } = mode;
    if (key === 'escape' || key === 'enter') {
      this.#pop();
      if (prompt === ':' && key === 'enter') this.#command(text);
      else if (prompt === '/' && key === 'escape') this.list?.setFilter('');
      return;
    }
    const next = key === 'tab' && prompt === ':' ? completed(text) : typedText(text, key);
    this.#modes = [...this.#modes.slice(0, -1), { ...mode, text: next }];
    if (prompt === '/') this.list?.setFilter(next);
  }

  #command(text: string): void {
    const command = parseCommand(text, this.options.views);
    if (command.kind === 'show') this.show(command.view, command.scope, command.filter);
    else if (command.kind === 'quit') this.options.quit('quit');
    else if (command.kind === 'help') this.#push({ kind: 'help', start: 0 });
    else if (command.kind === 'unknown') this.#say(command.says);
  }

  #push(mode: Mode): void {
    this.#modes = [...this.#modes, mode];
    this.#changed();
  }

  #pop(): void {
    this.#modes = this.#modes.slice(0, -1);
    this.#changed();
  }

  #say(text: string): void {
    this.message = text;
    this.#changed();
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
