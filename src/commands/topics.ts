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

Several systems are profiles of a file; --profile NAME, JOBCTL_PROFILE or \`current:\` chooses one, and \`jobctl config view --origin\` says
what came from where:

  current: local
  profiles:
    local: { store: sqlite:jobs.db }
    prod: { store: 'cassandra://10.0.0.1/jobctl?dc=dc1', readOnly: yes }

${table([
  ...CONFIG_NAMES.map((name) => [CONFIG_KEYS[name].env, CONFIG_KEYS[name].summary] as const),
  ['JOBCTL_CONFIG', 'the one configuration file to read'],
  ['JOBCTL_PROFILE', 'the profile of a configuration file; --profile wins over other variables, this does not'],
  ['JOBCTL_HISTORY', 'a file: this process writes down what it does, as the processes of chaos runs do'],
  ['JOBCTL_DEBUG', 'set: errors show their stack'],
  ['PAGER', 'shows help that is higher than the screen, as `less`'],
  ['INK_SCREEN_READER', '"true": the dashboard tells what changes line by line, instead of drawing'],
  ['JOBCTL_ASCII', 'set: the dashboard draws with plain letters'],
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

const DELIVERY = `Delivery: what becomes of a job

  pending -> running -> succeeded | failed | cancelled | dlq
                     -> retrying -> running -> ...

An acknowledged job is durable: its id is printed after that. It is run at least once, by the worker that owns its bucket; the attempt is
written down before the handler starts. A worker that dies is noticed within its lease (10 s): the attempt is lost, counts, and the job
runs again; --on-crash fail makes that at most once. An attempt that fails is retried with backoff, up to --max-attempts (5); then the job
is a dead letter, and stays one until somebody retries or discards it.

  jobctl job explain ID      why it waits, or why it ended so
  jobctl job history ID      every attempt, lost ones included
  jobctl job logs ID         what they have written
  jobctl dlq list            what used up its attempts

The same job twice: --key KEY answers the same job for a day. A handler that must not act twice, or not after another one did, takes the
fencing token of its attempt: see jobctl help locks.
`;

const SCHEDULES = `Schedules

A schedule submits a job whenever it is due, while a scheduler runs (jobctl scheduler; run two).

  jobctl submit report --cron '0 9 * * 1-5' --tz Europe/Rome --name morning
  jobctl cron next '0 9 * * 1-5' --tz Europe/Rome    when it would be due; needs no store
  jobctl cron pause morning --reason 'holidays'      its slots are skipped meanwhile
  jobctl cron trigger morning                        once more, now
  jobctl cron audit morning --from -7d               what became of every slot: fired, skipped or missed
  jobctl cron backfill morning --from -7d            slots of the past that were not fired

Five fields, six with seconds, @daily and the like, H (spread by name), or an interval: every 90s. Times are local times of --tz. A time
that does not exist when clocks are put forward runs as much later (--gap skip leaves it out); one that comes twice runs at the first
(--fold last, both). While the job before is not over a slot is skipped (--overlap allow, buffer(n), cancel-previous); slots that nobody was
there for run once (--misfire skip, all), no farther back than --catch-up.
`;

const LOCKS = `Locks

One process at a time does something, wherever it runs:

  jobctl lock run nightly --lease 10s -- ./nightly.sh      the command gets JOBCTL_FENCING_TOKEN; its exit code is passed on
  jobctl lock acquire deploy --lease 60s --wait 90s        for scripts: prints a handle for renew and release; exit 4: it is held
  jobctl lock get deploy                                   who holds it, under which token, until when
  jobctl lock takeover deploy --reason 'its machine burnt down'

Every owner gets a higher token. A holder can be paused between its last check and its write, and write as a zombie when it wakes: only
the resource can refuse that, by remembering the highest token it has seen. A holder that is gone loses the lock to whoever waits
(--wait), after its lease and a tenth; without --wait nobody watches, and the lock stays where it is.
`;

const BREAKING = `Chaos: breaking it on purpose

  jobctl chaos list                                what can be broken here, and what is
  jobctl chaos kill-node --dry-run                 what would be done, by which commands
  jobctl chaos kill-node --duration 30s --yes      does it, watches, mends it
  jobctl chaos heal                                ends whatever is still broken
  jobctl chaos run zombie-worker --seed 7 --yes    a workload, faults, and a verdict about every promise: exit 6 violated, 8 unknown

Only what is disposable is broken: nodes that jobctl cluster started, containers with the label io.jobctl.chaos.allow, processes on this
machine, and stores elsewhere whose configuration says disposable: yes.
`;

const TROUBLESHOOTING = `Troubleshooting

${table([
  ['nothing runs', 'jobctl status; then jobctl worker list, jobctl bucket list: is every bucket owned?'],
  ['one job does not run', 'jobctl job explain ID'],
  ['a type is refused', 'no live worker has a handler for it: jobctl worker list; or --allow-unknown-type'],
  ['jobs die', 'jobctl dlq list, jobctl job logs ID; then jobctl dlq retry --type TYPE --rate 10/s'],
  ['a schedule did not fire', 'jobctl cron audit NAME says of every slot what became of it, and why'],
  ['a lock is never free', 'acquire with --wait: only who waits notices that its holder is gone'],
  ['the store does not answer', 'jobctl doctor; jobctl cluster status for local nodes'],
  ['settings are not what you think', 'jobctl config view --origin'],
  ['for a bug report', 'jobctl doctor -o json, and the error with --debug'],
])}
`;

export const topics = (globalFlags: readonly (readonly [string, string])[]): Readonly<Record<string, string>> => ({
  'exit-codes': EXIT_CODES,
  environment: environment(),
  output: OUTPUT,
  flags: `Global flags\n\n${table([...globalFlags, ['-h, --help', 'show help']])}\n`,
  delivery: DELIVERY,
  schedules: SCHEDULES,
  locks: LOCKS,
  breaking: BREAKING,
  troubleshooting: TROUBLESHOOTING,
});
