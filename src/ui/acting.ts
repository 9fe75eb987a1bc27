// Doing something to rows: what it takes first (a yes, a name, an answer), then one after the other, and what came of it.
import { errorText } from '../core/model/errors.ts';
import { typedText } from './command.ts';
import type { Mode, Plan } from './modes.ts';
import type { Action, AnyView, Ask } from './view.ts';

/** Rows of one action; more are a case for the command line, which has a rate. */
const ROWS_MAX = 500;

export interface ActingDeps {
  readonly ask: Ask;
  readonly isReadOnly: boolean;
  readonly push: (mode: Mode) => void;
  readonly pop: () => void;
  readonly say: (text: string) => void;
  /** Something may have changed: read again. */
  readonly done: () => void;
}

export class Acting {
  readonly #deps: ActingDeps;

  constructor(deps: ActingDeps) {
    this.#deps = deps;
  }

  start(view: AnyView, action: Action<never>, rows: readonly never[]): void {
    const { say, push } = this.#deps;
    const refusal = this.#refusal(action, rows);
    const plan = { view, action, rows };
    if (refusal !== null) say(refusal);
    else if (action.gate.kind === 'confirm') push({ kind: 'confirm', plan, isGo: false });
    else push({ kind: 'answer', plan, text: '' });
  }

  #refusal(action: Action<never>, rows: readonly never[]): string | null {
    const [first] = rows;
    if (first === undefined) return `there is nothing to ${action.label}`;
    if (this.#deps.isReadOnly) return `READ-ONLY; to do it: ${commandLine(action, first, '')}`;
    if (rows.length > 1 && action.isBulk !== true) return `${action.label} is for one at a time: esc clears the marks`;
    return rows.length > ROWS_MAX ? `at most ${ROWS_MAX} at once; more with \`jobctl\`` : null;
  }

  press(mode: Mode & { readonly kind: 'confirm' | 'answer' }, key: string): void {
    if (key === 'escape') this.#deps.pop();
    else if (mode.kind === 'answer') this.#answer(mode, key);
    else if (key === 'y' || (key === 'enter' && mode.isGo)) this.#go(mode.plan, '');
    else if (key === 'n' || key === 'enter') this.#deps.pop();
    else if (key === 'tab' || key === 'left' || key === 'right') this.#replace({ ...mode, isGo: !mode.isGo });
  }

  #answer(mode: Mode & { readonly kind: 'answer' }, key: string): void {
    const { plan, text } = mode;
    const [row] = plan.rows;
    const isWrongName = plan.action.gate.kind === 'name' && (row === undefined || text !== plan.view.id(row));
    if (key !== 'enter') {
      this.#replace({ ...mode, text: typedText(text, key) });
    } else if (isWrongName) {
      this.#deps.pop();
      this.#deps.say('that is not the name: nothing was done');
    } else {
      this.#go(plan, text.trim());
    }
  }

  #replace(mode: Mode): void {
    this.#deps.pop();
    this.#deps.push(mode);
  }

  #go(plan: Plan, answer: string): void {
    this.#deps.pop();
    void this.#run(plan, answer);
  }

  /** Never throws: what went wrong is said. */
  async #run({ action, rows }: Plan, answer: string): Promise<void> {
    const { ask, say, done } = this.#deps;
    say(`${action.label} ...`);
    const failures: string[] = [];
    let last = '';
    for (const row of rows) {
      try {
        last = await action.run(ask, row, answer);
      } catch (error) {
        failures.push(errorText(error));
      }
    }
    const [failure] = failures;
    if (failure === undefined) say(rows.length === 1 ? last : `${rows.length} done; the last: ${last}`);
    else say(rows.length === 1 ? failure : `${failures.length} of ${rows.length} failed: ${failure}`);
    done();
  }
}

/** For one row; several are `... -` with their names on stdin. */
export const commandLine = (action: Action<never>, row: never, answer: string): string =>
  ['jobctl', ...action.command(row, answer)].map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' ');
