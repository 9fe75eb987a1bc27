// The source text that the tidy checks look at: which files there are, their code without comments, and what they import.
// It reads folders, not `git ls-files`: git may be missing or distrust the owner where the tests run.
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Path from the root of the repository, with slashes -> text. */
export type Sources = ReadonlyMap<string, string>;

/** A rule: looks at all sources and returns one message a violation, `path: what; remedy`. */
export type Check = (sources: Sources) => readonly string[];

export interface Import {
  /** As written: './x.ts', 'node:fs', 'zod'. */
  readonly specifier: string;
  /** Path from the root for a relative import, else undefined. */
  readonly target: string | undefined;
  /** Gone after compilation: `import type`, `export type ... from`, `typeof import()`. */
  readonly typeOnly: boolean;
}

/** Binary files would only be noise. */
const BINARY = /\.(?:png|jpe?g|gif|ico|woff2?|gz|db)$/;

/** Every text file of the repository that .gitignore does not name. */
export const readSources = (root: string): Sources => {
  const ignored = new Set(['.git', ...ignoredNames(root)]);
  const sources = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(posix.join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (ignored.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !BINARY.test(path)) sources.set(path, readFileSync(posix.join(root, path), 'utf8'));
    }
  };
  walk('');
  return sources;
};

/** The plain names in .gitignore; a line with a pattern excludes nothing here. */
const ignoredNames = (root: string): readonly string[] =>
  readFileSync(posix.join(root, '.gitignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim().replace(/\/$/, ''))
    .filter((line) => line !== '' && !/[#*/!]/.test(line));

/** Comments and quoted strings, in the order of the text. `\//` ends a regular expression and `://` is in a template. */
const COMMENT_OR_STRING = /(?<![\\:])\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;

/** The code with comments blanked, lines kept. */
export const withoutComments = (text: string): string =>
  text.replace(COMMENT_OR_STRING, (match) => (match.startsWith('/') ? blank(match) : match));

/** The code with comments and quoted strings blanked, lines kept. Templates stay: they contain code. */
export const codeOnly = (text: string): string => text.replace(COMMENT_OR_STRING, blank);

const blank = (match: string): string => match.replace(/[^\n]/g, ' ');

const FROM = /^\s*(import|export)(\s+type\b(?!\s*(?:,|from\b)))?[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const SIDE_EFFECT = /^\s*import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /(\btypeof\s+)?\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g;

export const importsOf = (path: string, text: string): readonly Import[] => {
  const code = withoutComments(text);
  const found = (specifier: string | undefined, typeOnly: boolean): Import => ({
    specifier: specifier ?? '',
    target: specifier?.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
    typeOnly,
  });
  return [
    ...[...code.matchAll(FROM)].map((match) => found(match[3], match[2] !== undefined)),
    ...[...code.matchAll(SIDE_EFFECT)].map((match) => found(match[1], false)),
    ...[...code.matchAll(DYNAMIC)].map((match) => found(match[2], match[1] !== undefined)),
  ];
};

/** TypeScript and JavaScript files. */
export const isCode = (path: string): boolean => /\.[cm]?[jt]sx?$/.test(path);
export const isIn = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`));

/** `12` for the 12th line: an index into the text as people count. */
export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;
