// A command is data plus a thin handler. Options carry their parser, so that the handler receives typed values and bad
// input is refused before anything happens.
import type { Context } from './context.ts';

export interface Option<Value> {
  readonly summary: string;
  /** Placeholder of the value as help shows it, `<duration>`. Absent for a switch. */
  readonly value?: string;
  /** One letter. */
  readonly short?: string;
  readonly parse: (text: string) => Value;
}

/** By name in camelCase; the flag is the name in kebab-case. */
export type Options = Readonly<Record<string, Option<unknown>>>;
export type Values<Given extends Options> = {
  readonly [Name in keyof Given]: (Given[Name] extends Option<infer Value> ? Value : never) | undefined;
};

export interface Example {
  readonly does: string;
  /** As typed in a shell, pipes included; a test feeds each one to the program's parser. */
  readonly line: string;
}

export interface Command<Given extends Options = Options> {
  /** `submit`, or noun and verb: `job list`. */
  readonly name: string;
  /** One sentence, lower case, no full stop. */
  readonly summary: string;
  /** More about it, after the examples. */
  readonly details?: string;
  /** Positional arguments as help shows them: `<type>`, `[id...]`, `<name> -- <command...>` for words that are somebody else's. */
  readonly arguments?: string;
  readonly options: Given;
  readonly examples: readonly Example[];
  /**
   * It changes things itself, not only by operations that it asks for: it does not run --read-only, and --dry-run only where it
   * can say what it would do.
   */
  readonly changes?: 'itself' | 'with-plan';
  /** Also runs when only the noun is given. */
  readonly isDefault?: true;
  /** Resolves with the exit code. Whatever is heavy is imported in here, never at the top of the file. */
  run(context: Context, args: readonly string[], options: Values<Given>): Promise<number>;
}

export const defineCommand = <const Given extends Options>(command: Command<Given>): Command => command;

export const option = <Value>(
  value: string,
  summary: string,
  parse: (text: string) => Value,
  short?: string,
): Option<Value> => ({ value, summary, parse, ...(short === undefined ? {} : { short }) });

export const flag = (summary: string): Option<boolean> => ({ summary, parse: () => true });
