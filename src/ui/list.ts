// The state of one list: cursor, filter, order, marks. It lives as long as the dashboard, so that a view is found as it was left.
import type { Doing } from './keys.ts';
import { matches, type Sort, sorted, type Written, windowStart, written } from './rows.ts';
import type { AnyView } from './view.ts';

export class List {
  readonly view: AnyView;
  filter = '';
  sort: Sort = { column: null, isReversed: false };
  isGrouped = false;
  start = 0;
  readonly marks = new Set<string>();
  /** The row under the cursor, by id: it stays when others come and go. */
  #cursorId: string | null = null;
  #cursor = 0;

  constructor(view: AnyView) {
    this.view = view;
  }

  /** Null: not read yet. */
  rows(rows: readonly unknown[] | null, nowMs: number): readonly Written<never>[] {
    const { columns } = this.view;
    const headers = columns.map(({ header }) => header);
    const all = written((rows ?? []) as readonly never[], this.view, nowMs);
    const shown = all.filter((row) => matches(row, headers, this.filter));
    return sorted(this.isGrouped ? this.#grouped(shown) : shown, columns, this.sort);
  }

  /** One row for all that are the same, the first of them, with how many there are. */
  #grouped(rows: readonly Written<never>[]): readonly Written<never>[] {
    const { groupBy } = this.view;
    if (groupBy === undefined) return rows;
    return [...Map.groupBy(rows, ({ row }) => groupBy(row)).values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const cells = first.cells.map((cell, index) => (index === 0 && group.length > 1 ? `${group.length} jobs` : cell));
      return [{ ...first, cells, members: group.map(({ row }) => row) }];
    });
  }

  cursor(rows: readonly Written<never>[]): number {
    const found = this.#cursorId === null ? -1 : rows.findIndex(({ id }) => id === this.#cursorId);
    return found >= 0 ? found : Math.max(0, Math.min(this.#cursor, rows.length - 1));
  }

  current(rows: readonly Written<never>[]): Written<never> | undefined {
    return rows[this.cursor(rows)];
  }

  /** The marked ones, else the one under the cursor; of a group all that are in it. */
  targets(rows: readonly Written<never>[]): readonly never[] {
    const marked = rows.filter(({ id }) => this.marks.has(id));
    const current = this.current(rows);
    const meant = marked.length > 0 ? marked : current === undefined ? [] : [current];
    return meant.flatMap(({ row, members }) => members ?? [row]);
  }

  press(doing: Doing, rows: readonly Written<never>[], height: number): void {
    const cursor = this.cursor(rows);
    const moves: Partial<Record<Doing, number>> = {
      ...{ down: cursor + 1, up: cursor - 1, top: 0, bottom: rows.length - 1 },
      ...{ pageDown: cursor + height, pageUp: cursor - height },
    };
    const to = moves[doing];
    if (to !== undefined) this.#moveTo(Math.max(0, Math.min(rows.length - 1, to)), rows, height);
    else if (doing === 'mark') this.#mark(rows, height);
    else if (doing === 'markAll') this.#markAll(rows);
    else if (doing === 'sortLeft') this.#sortBy(-1);
    else if (doing === 'sortRight') this.#sortBy(1);
    else if (doing === 'reverse') this.sort = { ...this.sort, isReversed: !this.sort.isReversed };
    else if (doing === 'group') this.isGrouped = this.view.groupBy !== undefined && !this.isGrouped;
  }

  /** Brings the cursor onto the screen. */
  scroll(rows: readonly Written<never>[], height: number): number {
    this.start = windowStart(this.start, this.cursor(rows), rows.length, height);
    return this.start;
  }

  setFilter(text: string): void {
    this.filter = text;
    this.start = 0;
  }

  restart(filter: string): void {
    this.setFilter(filter);
    this.#cursorId = null;
    this.#cursor = 0;
    this.marks.clear();
  }

  /** Marks first, then the filter. False: there was nothing to clear. */
  clear(): boolean {
    if (this.marks.size > 0) {
      this.marks.clear();
      return true;
    }
    const was = this.filter;
    this.setFilter('');
    return was !== '';
  }

  #moveTo(index: number, rows: readonly Written<never>[], height: number): void {
    this.#cursor = index;
    this.#cursorId = rows[index]?.id ?? null;
    this.scroll(rows, height);
  }

  #mark(rows: readonly Written<never>[], height: number): void {
    const id = this.current(rows)?.id;
    if (id === undefined) return;
    if (!this.marks.delete(id)) this.marks.add(id);
    this.#moveTo(Math.min(rows.length - 1, this.cursor(rows) + 1), rows, height);
  }

  #markAll(rows: readonly Written<never>[]): void {
    const isAll = rows.length > 0 && rows.every(({ id }) => this.marks.has(id));
    this.marks.clear();
    if (!isAll) for (const { id } of rows) this.marks.add(id);
  }

  /** From as they came through every column and back. */
  #sortBy(step: number): void {
    const places = this.view.columns.length + 1;
    const next = ((this.sort.column ?? -1) + 1 + step + places) % places;
    this.sort = { ...this.sort, column: next === 0 ? null : next - 1 };
  }
}
