// jobctl config: the settings in force, and where they come from.
import { CONFIG_KEYS, CONFIG_NAMES, type ConfigName } from '../config/keys.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { findProjectFile, userConfigFile } from '../config/paths.ts';
import { configSchema } from '../config/schema.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import { didYouMean } from '../core/model/suggest.ts';
import { defineCommand, flag } from './command.ts';
import type { Context } from './context.ts';
import type { Column } from './output/table.ts';

interface SettingRow {
  readonly name: string;
  readonly value: string;
  readonly origin: string;
  readonly env: string;
}

const COLUMNS: readonly Column<SettingRow>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'VALUE', cell: ({ value }) => value },
];
const ORIGIN: readonly Column<SettingRow>[] = [
  { header: 'ORIGIN', cell: ({ origin }) => origin },
  { header: 'VARIABLE', cell: ({ env }) => env },
];

export const configView = defineCommand({
  name: 'config view',
  summary: 'show the settings in force',
  options: { origin: flag('show where each value comes from, too') },
  examples: [
    { does: 'which store do I talk to, and why', line: 'jobctl config view --origin' },
    { does: 'for a script', line: "jobctl config view -o json | jq '.items[0].value'" },
  ],
  async run(context, _args, { origin }) {
    const items = CONFIG_NAMES.map((name) => rowOf(context.config, name));
    const columns = origin === true || context.out.format === 'wide' ? [...COLUMNS, ...ORIGIN] : COLUMNS;
    context.out.list({ items }, { columns, name: ({ name }) => `setting/${name}` });
    return EXIT.ok;
  },
});

const rowOf = ({ settings }: Config, name: ConfigName): SettingRow => {
  const { text, origin } = settings[name];
  return { name, value: text, origin, env: CONFIG_KEYS[name].env };
};

export const configGet = defineCommand({
  name: 'config get',
  summary: 'print one setting in force',
  arguments: '<setting>',
  options: {},
  examples: [
    { does: 'for a script', line: 'jobctl config get store' },
    { does: 'and where it comes from', line: 'jobctl config get store -o yaml' },
  ],
  async run(context, [word]) {
    const row = rowOf(context.config, knownSetting(word));
    context.out.result(row, { name: ({ name }) => `setting/${name}`, text: ({ value }) => value });
    return EXIT.ok;
  },
});

interface CheckedFile {
  readonly path: string;
  readonly profiles: readonly string[];
}

export const configValidate = defineCommand({
  name: 'config validate',
  summary: 'check configuration files, every profile of them',
  details: 'Those in force, or the one that --config names. The first mistake is told, with exit code 2.',
  options: {},
  examples: [
    { does: 'those in force', line: 'jobctl config validate' },
    { does: 'before a file is deployed', line: 'jobctl config validate --config deploy/jobctl.yaml' },
  ],
  async run({ io, config, out }) {
    const file = givenFile(io, config);
    for (const { name } of config.profiles) {
      await loadConfig({ flags: {}, env: {}, cwd: io.cwd, file, profile: name });
    }
    const items = config.files.map((path): CheckedFile => {
      const own = config.profiles.filter((each) => each.file === path);
      return { path, profiles: own.map(({ name }) => name) };
    });
    out.list(
      { items },
      {
        name: ({ path }) => path,
        columns: [
          { header: 'VALID', cell: ({ path }) => path },
          { header: 'PROFILES', cell: ({ profiles }) => profiles.join(',') || '-' },
        ],
      },
    );
    return EXIT.ok;
  },
});

export const configSchemaCommand = defineCommand({
  name: 'config schema',
  summary: 'print the JSON Schema of configuration files',
  details:
    'Editors complete and check by it: name it in the first line, `# yaml-language-server: $schema=./jobctl.schema.json`.',
  options: {},
  examples: [
    { does: 'for an editor', line: 'jobctl config schema > jobctl.schema.json' },
    { does: 'which settings there are', line: "jobctl config schema | jq -r '.properties | keys[]'" },
  ],
  async run({ out }) {
    const schema = configSchema();
    out.result(schema, { name: () => 'schema/config', text: () => JSON.stringify(schema, null, 2) });
    return EXIT.ok;
  },
});

/** The one of `--config` or JOBCTL_CONFIG; undefined: the project's and the user's are read. */
export const givenFile = ({ cwd, env }: Context['io'], { files }: Config): string | undefined =>
  files.find((file) => file !== findProjectFile(cwd) && file !== userConfigFile(env));

/** Throws OPTION_INVALID for a word that is none. */
export const knownSetting = (word: string | undefined): ConfigName => {
  const known = CONFIG_NAMES.find((name) => name === word);
  if (known !== undefined) return known;
  throw usageError('OPTION_INVALID', `there is no setting "${word ?? ''}"`, {
    hint: `${didYouMean(word ?? '', CONFIG_NAMES)}there are: ${CONFIG_NAMES.join(', ')}`,
  });
};

interface FileRow {
  readonly path: string;
  readonly kind: 'project' | 'user' | 'given';
  readonly read: boolean;
}

export const configPath = defineCommand({
  name: 'config path',
  summary: 'show which configuration files are read',
  options: {},
  examples: [
    { does: 'the files', line: 'jobctl config path' },
    { does: 'paths only', line: 'jobctl config path -o name' },
  ],
  async run(context) {
    const { io, config, out } = context;
    const project = findProjectFile(io.cwd) ?? `${io.cwd}/jobctl.yaml`;
    const user = userConfigFile(io.env);
    const given = [givenFile(io, config)].filter((file) => file !== undefined);
    const rowOf = (path: string, kind: FileRow['kind']): FileRow => ({ path, kind, read: config.files.includes(path) });
    const items = [...given.map((path) => rowOf(path, 'given')), rowOf(project, 'project'), rowOf(user, 'user')];
    out.list(
      { items },
      {
        name: ({ path }) => path,
        columns: [
          { header: 'PATH', cell: ({ path }) => path },
          { header: 'KIND', cell: ({ kind }) => kind },
          { header: 'READ', cell: ({ read }) => (read ? 'yes' : 'no') },
        ],
      },
    );
    return EXIT.ok;
  },
});
