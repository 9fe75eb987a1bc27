// jobctl config set and use, and jobctl init: what writes configuration files. --dry-run says what would be written.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setInFile, writeConfigFile } from '../config/edit.ts';
import { CONFIG_KEYS, type ConfigName } from '../config/keys.ts';
import { loadConfig } from '../config/load.ts';
import { parseText } from '../config/parse/values.ts';
import { findProjectFile, PROJECT_FILE, userConfigFile } from '../config/paths.ts';
import { EXIT, JobctlError } from '../core/model/errors.ts';
import { defineCommand, flag, option } from './command.ts';
import { givenFile, knownSetting } from './config.ts';
import { answerTo } from './confirm.ts';
import type { Context } from './context.ts';

const SET_OPTIONS = {
  user: flag("in the user's file, for all projects"),
  inProfile: option('<name>', 'in this profile of the file; made if it is not there', parseText),
};

export const configSet = defineCommand({
  name: 'config set',
  summary: 'write a setting into a configuration file',
  arguments: '<setting> <value>',
  details: `Into the file that --config names, else the project's jobctl.yaml, else the user's file, which is made. The rest of the file stays as it is. A relative
path of a store is meant from the file.`,
  options: SET_OPTIONS,
  examples: [
    { does: 'all commands wait longer', line: 'jobctl config set timeout 30s --user' },
    { does: 'nobody changes production by mistake', line: 'jobctl config set readOnly yes --in-profile prod' },
  ],
  async run(context, args, { user = false, inProfile }) {
    const name = knownSetting(args[0]);
    const value = checked(name, args[1] ?? '');
    const file = targetOf(context, user);
    const path = inProfile === undefined ? [name] : ['profiles', inProfile, name];
    return writeAt(context, { file, path, value, subject: `setting/${name}` }, async () => {
      if (inProfile !== undefined) return;
      const { origin } = (await reloaded(context)).settings[name];
      if (origin !== file) context.note(`${origin} says otherwise, and wins: jobctl config view --origin`);
    });
  },
});

export const configUse = defineCommand({
  name: 'config use',
  summary: 'choose the profile that commands mean when none is named',
  arguments: '<profile>',
  details: 'Writes `current:` into the strongest file that has the profile. For one command: --profile.',
  options: {},
  examples: [
    { does: 'from now on', line: 'jobctl config use staging' },
    { does: 'what it changes', line: 'jobctl config use staging --dry-run' },
  ],
  async run(context, args) {
    const [profile = ''] = args;
    const found = context.config.profiles.find(({ name }) => name === profile);
    // Throws, with the profiles that there are.
    if (found === undefined) await reloaded(context, profile);
    const file = found?.file ?? '';
    return writeAt(context, { file, path: ['current'], value: profile, subject: `profile/${profile}` }, async () => {
      const { profile: inForce } = await reloaded(context);
      if (inForce !== profile)
        context.note(`profile "${inForce}" stays in force: a variable or a stronger file names it`);
    });
  },
});

/** What a new project's file says. */
const projectFile = (
  store: string,
): string => `# Settings of jobctl in this folder and below; \`jobctl config view --origin\` says what is in force.
# All of them: jobctl help environment. Several systems: profiles, and \`current:\`.
store: '${store.replaceAll("'", "''")}'
`;
const STORE_OF_PROJECT = 'sqlite:jobs.db';

export const init = defineCommand({
  name: 'init',
  summary: 'write a jobctl.yaml into this folder',
  details:
    'Asks at a terminal where the jobs are to be; elsewhere --store says so. A path in the file is meant from the file.',
  options: { force: flag('write over the one that is there') },
  examples: [
    { does: 'jobs in a file of this project', line: 'jobctl init' },
    { does: 'on a cluster', line: "jobctl init --force --store 'cassandra://127.0.0.1/jobctl?dc=dc1'" },
  ],
  async run(context, _args, { force = false }) {
    const file = join(context.io.cwd, PROJECT_FILE);
    if (existsSync(file) && !force) {
      throw new JobctlError('CONFIG_TAKEN', EXIT.conflict, `${file} is there already`, {
        hint: 'change it with `jobctl config set`, or write over it with --force',
      });
    }
    const store = await storeOf(context);
    const text = projectFile(store);
    if (context.flags.dryRun) context.note('dry run: nothing was written');
    else writeConfigFile(file, text);
    context.out.result({ file, store }, { name: () => file, text: () => `${file} says: store ${store}` });
    return EXIT.ok;
  },
});

const storeOf = async ({ io, config, out }: Context): Promise<string> => {
  const { text, origin } = config.settings.store;
  if (origin === '--store') return text;
  const { stdin, stderr } = io;
  if (!stdin.isTTY || !stderr.isTTY || out.isStructured) return STORE_OF_PROJECT;
  stderr.write(`Where are the jobs? [${STORE_OF_PROJECT}] `);
  return (await answerTo(stdin)) || STORE_OF_PROJECT;
};

const checked = (name: ConfigName, value: string): string => {
  CONFIG_KEYS[name].parse(value);
  return value;
};

const targetOf = ({ io, config }: Context, isUser: boolean): string => {
  const user = userConfigFile(io.env);
  if (isUser) return user;
  return givenFile(io, config) ?? findProjectFile(io.cwd) ?? user;
};

interface Written {
  readonly file: string;
  readonly path: readonly string[];
  readonly value: string;
  readonly subject: string;
}

const writeAt = async (context: Context, { file, path, value, subject }: Written, after: () => Promise<void>) => {
  if (context.flags.dryRun) context.note('dry run: nothing was written');
  else await setInFile(file, path, value);
  context.out.result(
    { file, path: path.join('.'), value },
    { name: () => subject, text: () => `${path.join('.')} is ${value} in ${file}` },
  );
  if (!context.flags.dryRun) await after();
  return EXIT.ok;
};

const reloaded = ({ io, config }: Context, profile?: string) =>
  loadConfig({ flags: {}, env: io.env, cwd: io.cwd, file: givenFile(io, config), profile });
