// jobctl config: the settings in force, and where they come from.
import { CONFIG_KEYS, CONFIG_NAMES } from '../config/keys.ts';
import { findProjectFile, userConfigFile } from '../config/paths.ts';
import { EXIT } from '../core/model/errors.ts';
import { defineCommand, flag } from './command.ts';
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
    const items = CONFIG_NAMES.map((name): SettingRow => {
      const { text, origin: from } = context.config.settings[name];
      return { name, value: text, origin: from, env: CONFIG_KEYS[name].env };
    });
    const columns = origin === true || context.out.format === 'wide' ? [...COLUMNS, ...ORIGIN] : COLUMNS;
    context.out.list({ items }, { columns, name: ({ name }) => `setting/${name}` });
    return EXIT.ok;
  },
});

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
    const given = config.files.filter((file) => file !== project && file !== user);
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
