// Checks on the text of single files: banned words, length, opening comment, names, and traces of somebody's machine.
import { type Check, codeOnly, isCode, isIn, lineAt } from './sources.ts';

/** Words that a part of the source may not use. */
export interface WordRule {
  /** What the message calls them. */
  readonly name: string;
  readonly words: RegExp;
  /** Folders that it holds for. */
  readonly within: readonly string[];
  /** Folders and files that may, each with the reason. */
  readonly except: Readonly<Record<string, string>>;
  readonly remedy: string;
}

export const wordCheck =
  (rules: readonly WordRule[]): Check =>
  (sources) =>
    [...sources]
      .filter(([path]) => isCode(path))
      .flatMap(([path, text]) =>
        rules.filter((rule) => holdsFor(rule, path)).flatMap((rule) => uses(rule, path, text)),
      );

const holdsFor = (rule: WordRule, path: string): boolean =>
  isIn(path, rule.within) && !Object.keys(rule.except).some((place) => path === place || isIn(path, [place]));

const uses = (rule: WordRule, path: string, text: string): readonly string[] => {
  const code = codeOnly(text);
  return [...code.matchAll(new RegExp(rule.words, 'g'))].map(
    (match) => `${path}:${lineAt(code, match.index)}: ${rule.name} \`${match[0].trim()}\`; ${rule.remedy}`,
  );
};

/** Most lines of a file of our own; `generated/` is exempt. */
const FILE_LINES_MAX = 300;
const OWN = ['src', 'test', 'bench', 'bin', 'examples'];

export const lengthCheck: Check = (sources) =>
  [...sources]
    .filter(([path]) => isIn(path, OWN) && !/\/generated\/|package-lock\.json$/.test(path))
    .map(([path, text]) => ({ path, lines: text.replace(/\n$/, '').split('\n').length }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
    .map(
      ({ path, lines }) =>
        `${path}: ${lines} lines, at most ${FILE_LINES_MAX}; move its second concern to a file of its own`,
    );

/** What a file is for takes at least this many words. */
const PURPOSE_WORDS_MIN = 3;

export const purposeCheck: Check = (sources) =>
  [...sources]
    .filter(([path]) => isCode(path) && (isIn(path, OWN) || !path.includes('/')))
    .filter(([path, text]) => !/\/generated\//.test(path) && purposeOf(text).split(/\s+/).length < PURPOSE_WORDS_MIN)
    .map(([path]) => `${path}: does not say what it is for; open it with a comment of one to three sentences`);

/** The first comment line. A file with a `#!` line may have one more line of shell before it. */
const purposeOf = (text: string): string => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const first = lines[0]?.startsWith('#!') ? lines.slice(1, 3) : lines.slice(0, 1);
  const comment = first.map((line) => /^(?:\/\/|\/\*+|#)\s*(\w.*)$/.exec(line)?.[1]).find((each) => each !== undefined);
  // `/**` alone on its line: the sentence is on the next one.
  const next = /^\/\*+\s*$/.test(lines[0] ?? '') ? lines[1]?.replace(/^\s*\*\s*/, '') : undefined;
  return comment ?? next ?? '';
};

const EMPTY_NAMES = /(?:^|\/)(?:utils?|helpers?|lib|interfaces|misc)(?:\.[^/]*)?(?=\/|$)/;

export const nameCheck: Check = (sources) =>
  [...sources.keys()]
    .filter((path) => isIn(path, OWN) && EMPTY_NAMES.test(path))
    .map((path) => `${path}: the name says nothing; name the file after what it does, such as retry-policy.ts`);

/** Folders in which people and build machines keep checkouts; none is part of a portable path. */
const MACHINE_PATH = /(?<![\w.)}*-])\/(?:home|root|Users|work|workspaces?|builds)\/[\w.-]+/;
const REGISTRY =
  /"resolved"\s*:|\b_authToken\b|^\s*registry\s*=\s*\S|\bregistry\.[\w-]+\.\w+|:\/\/[^\s"'/]*(?:artifactory|nexus|verdaccio)/m;

/** `root` is the folder of this checkout: its path may not appear either. */
export const machineCheck =
  (root: string): Check =>
  (sources) =>
    [...sources].flatMap(([path, text]) => [
      ...(MACHINE_PATH.test(text) || text.includes(`${root}/`)
        ? [
            `${path}: names a path of a machine (${MACHINE_PATH.exec(text)?.[0] ?? root}); make it relative to the repository`,
          ]
        : []),
      ...(REGISTRY.test(text)
        ? [`${path}: names a registry (${REGISTRY.exec(text)?.[0]}); leave it to the user's npm configuration`]
        : []),
    ]);
