// jobctl version: what runs here, for people and bug reports.
import { readFileSync } from 'node:fs';
import { EXIT } from '../core/model/errors.ts';
import { defineCommand } from './command.ts';
import type { ResultView } from './output/out.ts';

/** The version of the package. */
export const packageVersion = (): string => {
  // From dist/commands and src/commands alike.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version: unknown }).version);
};

const VIEW: ResultView<{ readonly jobctl: string; readonly node: string }> = {
  name: ({ jobctl }) => jobctl,
  text: ({ jobctl, node }) => `jobctl ${jobctl} (node ${node})`,
};

export const version = defineCommand({
  name: 'version',
  summary: 'print the version of jobctl and of Node',
  options: {},
  examples: [
    { does: 'for a person', line: 'jobctl version' },
    { does: 'for a bug report', line: 'jobctl version -o json' },
  ],
  async run(context) {
    context.out.result({ jobctl: packageVersion(), node: process.versions.node }, VIEW);
    return EXIT.ok;
  },
});
