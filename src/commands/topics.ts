// Help that belongs to no single command: jobctl help TOPIC.
import { CONFIG_KEYS, CONFIG_NAMES } from '../config/keys.ts';

const table = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
};

const EXIT_CODES = `Exit codes

${table([
  ['0', 'done'],
  ['1', 'failed: a bug of jobctl, or something unclassified'],
  ['2', 'the command line or the configuration is wrong, or a question could not be asked'],
  ['3', 'not found'],
  ['4', 'conflict: the job is not in a state that allows it, somebody else holds the lock, the token is stale'],
  ['5', 'the store is not reachable or busy; the same command may work later'],
  [
    '6',
    'a check failed (doctor, db fsck), a chaos run violated an invariant, or a lock was lost while its command ran',
  ],
  ['7', 'several things were to be done and some failed; each is listed'],
  ['8', 'unknown: a chaos run had no power to show what it was to show, or a fault cannot be made on this machine'],
  ['10', 'the job that was waited for failed or was cancelled'],
  ['11', 'the job that was waited for is a dead letter'],
  ['124', 'a time-out passed'],
  ['127', 'lock run cannot start its command; otherwise it ends as its command does'],
  ['130', 'ended by Ctrl-C (SIGINT)'],
  ['143', 'ended by SIGTERM'],
])}
`;

const environment = (): string => `Environment

A flag wins over a variable, a variable over ./jobctl.yaml (looked for up to the root of the git repository), that over
the user's file ($XDG_CONFIG_HOME/jobctl/config.yaml), that over the default. Settings in files have the names of the flags.

${table([
  ...CONFIG_NAMES.map((name) => [CONFIG_KEYS[name].env, CONFIG_KEYS[name].summary] as const),
  ['JOBCTL_CONFIG', 'the one configuration file to read'],
  ['JOBCTL_HISTORY', 'a file: this process writes down what it does, as the processes of chaos runs do'],
  ['JOBCTL_DEBUG', 'set: errors show their stack'],
  ['NO_COLOR', 'set: no colour'],
  ['FORCE_COLOR', 'set: colour in pipes, too'],
])}
`;

const OUTPUT = `Output

stdout is data, stderr is for people. The format does not depend on whether stdout is a terminal.

${table([
  ['table', 'columns for people (default); --no-headers leaves out the first line'],
  ['wide', 'table with more columns'],
  ['json', 'one document; a list is {"items":[...],"next":TOKEN or null}'],
  ['jsonl', 'one JSON object a line'],
  ['yaml', 'the same document as YAML'],
  ['name', 'one name a line, as job/ID: made for pipes'],
])}

Times in JSON are ISO 8601 in UTC, durations are in ms with the unit in the name. With json and jsonl an error on stderr is
{"error":{"code","message","detail","hint"}}. Names are read back with "-":

  jobctl dlq list -o name | jobctl dlq retry -
`;

export const topics = (globalFlags: readonly (readonly [string, string])[]): Readonly<Record<string, string>> => ({
  'exit-codes': EXIT_CODES,
  environment: environment(),
  output: OUTPUT,
  flags: `Global flags\n\n${table([...globalFlags, ['-h, --help', 'show help']])}\n`,
});
