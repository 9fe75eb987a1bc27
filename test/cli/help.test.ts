// Help: every command is in it, every example can be parsed, and showing it loads nothing heavy.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { GROUPS } from '../../src/commands/help.ts';
import { parseArgv } from '../../src/commands/program.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { shellCommands } from '../support/shell-words.ts';

describe('every command', () => {
  test.each(
    COMMANDS.map((command) => [command.name, command] as const),
  )('%s has examples that parse', async (_, command) => {
    expect(command.examples.length).toBeGreaterThanOrEqual(2);
    for (const { line } of command.examples) {
      const ours = shellCommands(line).filter(([program]) => program === 'jobctl');
      expect(ours.length, line).toBeGreaterThan(0);
      const parsed = await Promise.all(ours.map(([, ...argv]) => parseArgv(COMMANDS, argv)));
      const names = parsed.map((each) => (each.kind === 'run' ? each.invocation.command.name : 'help'));
      expect(names, line).toContain(command.name);
    }
  });

  test('stands in a group of the root help', () => {
    const grouped = GROUPS.flatMap(([, words]) => words);
    expect([...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]))].sort()).toEqual([...grouped].sort());
  });

  test.each(COMMANDS.map(({ name }) => name))('%s --help shows examples and flags', async (name) => {
    const parsed = await parseArgv(COMMANDS, [...name.split(' '), '--help']);
    const text = parsed.kind === 'help' ? parsed.text : '';
    expect(text).toMatch(/^Usage: jobctl/);
    expect(text).toContain('Examples\n');
  });
});

test('flags of all commands mean one thing: a global flag is never declared again', async () => {
  const { GLOBAL_FLAGS } = await import('../../src/commands/global-flags.ts');
  const { flagName } = await import('../../src/config/parse/flag-name.ts');
  const globals = GLOBAL_FLAGS.flatMap(([flags]) => flags.match(/--?[\w-]+/g) ?? []);
  for (const { name, options } of COMMANDS) {
    for (const [key, { short }] of Object.entries(options)) {
      expect(globals, `${name} ${key}`).not.toContain(flagName(key));
      if (short !== undefined) expect(globals, `${name} ${key}`).not.toContain(`-${short}`);
    }
  }
});

describe('showing help', () => {
  const loadedBy = async (...argv: readonly string[]): Promise<readonly string[]> => {
    const hook = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve(specifier, context, next) {
        const found = next(specifier, context);
        process.stderr.write('loaded ' + found.url + '\\n');
        return found;
      } });`;
    const main = new URL('../../src/main.ts', import.meta.url).href;
    const run = `
      const { main, processIo } = await import(${JSON.stringify(main)});
      process.exitCode = await main(process.argv.slice(1), processIo());`;
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, '--input-type=module', '-e', run];
    const { stderr } = await promisify(execFile)(process.execPath, [...flags, '--', ...argv]);
    const root = fileURLToPath(new URL('../..', import.meta.url));
    return [...stderr.matchAll(/^loaded (\S+)$/gm)].map(([, url = '']) =>
      url.replace(`file://${root}`, '').replace(/^file:.*(?=node_modules\/)/, ''),
    );
  };

  test.each(['--help', 'job list --help', 'worker --help'])('%s loads the parser only', async (line) => {
    const loaded = await loadedBy(...line.split(' '));
    const packages = loaded.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]).filter(Boolean);
    expect(new Set(packages)).toEqual(new Set(['commander']));
    const light =
      /^(src\/(main|commands|config|core\/model|platform\/process-signals)\b|node_modules\/commander\/|node:(fs|os|path|events|child_process|process|util|url)$)/;
    expect(loaded.filter((url) => !light.test(url))).toEqual([]);
  });
});
