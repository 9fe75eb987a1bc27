// stdout is data, in the format of -o, and nothing else. Two shapes cover every command: a list of rows, and the results
// of doing something to one or several things. The shape never depends on whether stdout is a terminal.
import type { OutputFormat } from '../../config/keys.ts';
import type { OutputStream } from '../context.ts';
import type { Style } from './style.ts';
import { type CellFormat, type Column, renderTable } from './table.ts';

export interface ListView<Row> {
  readonly columns: readonly Column<Row>[];
  /** `job/ID` for `-o name`. */
  readonly name: (row: Row) => string;
}

export interface ResultView<Row> {
  readonly name: (row: Row) => string;
  /** What a person sees; several lines are fine. */
  readonly text: (row: Row, format: CellFormat, style: Style) => string;
}

export interface Page<Row> {
  readonly items: readonly Row[];
  /** Where the next page starts. */
  readonly next?: string | null;
}

/** `one`: a single object in JSON. `many`: {"items":[...]}. `stream`: jsonl, as it has no end. */
export type Shape = 'one' | 'many' | 'stream';

export interface ResultSink<Row> {
  add(row: Row): void;
  end(): void;
}

export interface OutOptions {
  readonly stream: OutputStream;
  readonly output: OutputFormat;
  readonly headers: boolean;
  readonly style: Style;
  /** Made when the first row is written: ages count from then. */
  readonly cellFormat: () => CellFormat;
  /** Loaded beforehand when the format is yaml. */
  readonly toYaml: ((value: unknown) => string) | null;
}

export class Out {
  readonly format: OutputFormat;
  readonly style: Style;
  readonly #options: OutOptions;

  constructor(options: OutOptions) {
    this.#options = options;
    this.format = options.output;
    this.style = options.style;
  }

  /** Whether the format is for programs: json, jsonl or yaml. */
  get isStructured(): boolean {
    return this.format === 'json' || this.format === 'jsonl' || this.format === 'yaml';
  }

  line(text: string): void {
    this.#options.stream.write(`${text}\n`);
  }

  list<Row>(page: Page<Row>, view: ListView<Row>): void {
    const { items, next = null } = page;
    if (this.format === 'json') this.line(JSON.stringify({ items, next }));
    else if (this.format === 'yaml') this.#yaml({ items, next });
    else if (this.format === 'jsonl') for (const item of items) this.line(JSON.stringify(item));
    else if (this.format === 'name') for (const item of items) this.line(view.name(item));
    else for (const text of this.#table(items, view)) this.line(text);
  }

  /** One thing was done or looked at. */
  result<Row>(row: Row, view: ResultView<Row>): void {
    const sink = this.results('one', view);
    sink.add(row);
    sink.end();
  }

  results<Row>(shape: Shape, view: ResultView<Row>): ResultSink<Row> {
    const { format } = this;
    if (format === 'name') return this.#each((row) => view.name(row));
    if (format === 'jsonl' || (format === 'json' && shape !== 'many')) return this.#each((row) => JSON.stringify(row));
    if (format === 'json') return this.#jsonItems();
    if (format === 'yaml' && shape === 'many') return this.#yamlItems();
    if (format === 'yaml') return this.#each((row) => (shape === 'stream' ? '---\n' : '') + this.#yamlText(row));
    const cells = this.#options.cellFormat();
    return this.#each((row) => view.text(row, cells, this.style));
  }

  #each<Row>(text: (row: Row) => string): ResultSink<Row> {
    return { add: (row) => this.line(text(row)), end: () => undefined };
  }

  /** Written as it comes, so that each result is seen once it is certain. */
  #jsonItems<Row>(): ResultSink<Row> {
    const { stream } = this.#options;
    let lead = '{"items":[';
    return {
      add: (row) => {
        stream.write(`${lead}\n${JSON.stringify(row)}`);
        lead = ',';
      },
      end: () => stream.write(lead === ',' ? '\n],"next":null}\n' : '{"items":[],"next":null}\n'),
    };
  }

  #yamlItems<Row>(): ResultSink<Row> {
    const items: Row[] = [];
    return { add: (row) => items.push(row), end: () => this.#yaml({ items, next: null }) };
  }

  #table<Row>(items: readonly Row[], view: ListView<Row>): readonly string[] {
    const { headers, stream, style, cellFormat } = this.#options;
    const width = stream.isTTY ? stream.columns : undefined;
    const wide = this.format === 'wide';
    return renderTable(items, view.columns, { wide, headers, style, width, format: cellFormat() });
  }

  #yaml(value: unknown): void {
    this.line(this.#yamlText(value));
  }

  #yamlText(value: unknown): string {
    const { toYaml } = this.#options;
    if (toYaml === null) throw new Error('yaml was not loaded');
    return toYaml(value).trimEnd();
  }
}
