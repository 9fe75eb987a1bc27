// Every example of --help, run by a shell as it stands there, on an embedded store with a worker, a scheduler, jobs, dead letters,
// schedules and locks. Where it cannot end well here, the exit code that it must end with is listed with the reason.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { freePort } from './documents.ts';
import { Sandbox } from './processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Stands for a job in examples. */
const EXAMPLE_ID = /00ag1mdz4r8v0cm9v6k2q7n5xs/g;
/** What has no end is interrupted after so long, s. */
const ENDLESS_S = 1.5;

/** Neither the system nor each other matters to these. */
const ALONE = /jobctl (init|chaos|cluster|db|config|version|help|completion|bench)/;

/** Run side by side, each in its order. */
const LANES: readonly ((line: string) => boolean)[] = [
  (line) => ENDLESS.test(line),
  (line) => !ENDLESS.test(line) && /jobctl chaos/.test(line),
  (line) => !ENDLESS.test(line) && !/jobctl chaos/.test(line) && ALONE.test(line),
  (line) => !ENDLESS.test(line) && !ALONE.test(line),
];

/** Of nobody. */
const HANDLE = 'h1.3.0f2c9a4e-5d1b-4c3a-a7e6-1b2c3d4e5f60';

const ENDLESS =
  /^jobctl (dev$|worker$|worker --|scheduler($| --)|status -w|events -F|lock watch|chaos trouble --proxy)/;

/** Run by other tests, since they start nodes or take minutes. */
const ELSEWHERE: readonly (readonly [line: RegExp, where: string])[] = [
  [/^jobctl cluster (up|down|scale)/, 'test/integration/documents.test.ts'],
  [/^jobctl bench --out/, 'test/e2e/bench.test.ts'],
  [/^jobctl chaos sim --seeds 200/, 'test/simulation'],
];

/** What is said where an example cannot end with 0 here, and how it ends then. */
const ENDS: readonly (readonly [line: RegExp, codes: readonly number[], says: RegExp])[] = [
  [/^jobctl doctor( -o json)?$/, [6], /dead letters/],
  [/^jobctl job reschedule \w+ --delay/, [4], /is cancelled: it has no time to be moved/],
  [/^jobctl dash( --api|$)/, [2], /needs a terminal/],
  [/^jobctl (lock takeover nightly --reason '[^']*'|cron delete nightly)$/, [2], /to do it: jobctl .*--yes/],
  [/^jobctl lock (renew|release|check)/, [4], /nightly|deploy/],
  [/^jobctl config use/, [2], /there is no profile "staging"/],
  [/^jobctl db (init|migrate|status|reset)/, [2], /no schema/],
  [/^jobctl chaos run \.\/my-scenario/, [2], /cannot read the scenario/],
  [/^jobctl chaos (check|report)/, [1], /out\/zombie/],
  [/^jobctl chaos actor/, [2], /jobctl chaos run. starts actors/],
  [/^jobctl chaos (heal|list|sim|trouble|scenarios( -o name)?$)/, [0, 130], /^/],
  // With a Docker engine there is no cluster of that name; without one nobody can be asked.
  [/^jobctl chaos|cluster (status|cql|logs)/, [2, 3, 123], /no Docker engine answers|no cluster/],
  // With a browser, or without one.
  [/^jobctl bench report results.csv --png/, [0, 2], /results.png|there is no browser/],
  [/^jobctl bench (drain|e2e)/, [5], /no Cassandra node|refused|does not answer/],
];

interface Prepared {
  readonly sandbox: Sandbox;
  readonly port: number;
}

/** A system as examples speak of it. */
const prepare = async ({ sandbox, port }: Prepared): Promise<void> => {
  const { folder } = sandbox;
  cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
  for (const place of [
    'bin',
    'deploy',
    '.zfunc',
    '.config/fish/completions',
    '.local/share/bash-completion/completions',
  ]) {
    mkdirSync(join(folder, place), { recursive: true });
  }
  writeFileSync(join(folder, 'bin/jobctl'), `#!/bin/sh\nexec ${join(ROOT, 'bin/jobctl.js')} "$@"\n`);
  writeFileSync(join(folder, 'deploy.sh'), '#!/bin/sh\nexit 0\n');
  for (const script of ['bin/jobctl', 'deploy.sh']) chmodSync(join(folder, script), 0o755);
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const files = {
    ...{ 'report.json': '{}', 'job.json': '{"type":"exec","payload":{"command":["date"]}}', 'schema.cql': 'SELECT 1' },
    ...{ 'jobs.jsonl': '{"type":"exec","payload":{"command":["date"]}}\n', 'my-scenario.yaml': 'name: mine\n' },
    'deploy/jobctl.yaml': 'profiles:\n  prod: { time: iso }\n',
    ...{ 'cert.pem': cert, 'key.pem': key, 'handlers.mjs': HANDLERS },
    'tokens.yaml': `tokens:\n  - { name: a, role: read, sha256: ${'a'.repeat(64)} }\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await sandbox.worker('worker-2', { handlers: join(folder, 'handlers.mjs') });
  const scheduler = sandbox.start('scheduler', '--port', String(port));
  await scheduler.until('stderr', /API on/);
  await sandbox.run('submit', 'report', '--cron', '@daily', '--name', 'nightly');
  await sandbox.run('cron', 'update', 'nightly', '--misfire', 'all');
  const bench = ['bench', 'submit', '--reps', '1', '--duration', '30ms', '--jobs', '100', '--out'];
  await sandbox.shell(
    `cd ${folder}; ${join(ROOT, 'bin/jobctl.js')} ${bench.join(' ')} results.csv; cp results.csv base.csv; cp results.meta.json base.meta.json`,
    {},
  );
};

const HANDLERS = `export default {
  report: async () => null,
  'email.send': async () => null,
  broken: async () => { throw new Error('timed out'); },
};
`;

/** As many jobs as there are examples that name one: those of dead letters get dead ones. */
const jobsFor = async (sandbox: Sandbox, lines: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const named = lines.filter((line) => line.search(EXAMPLE_ID) >= 0);
  const isDead = (line: string): boolean => line.startsWith('jobctl dlq');
  const isWaiting = (line: string): boolean => /^jobctl job (cancel|retry|reschedule)/.test(line);
  const jobs = named.map((line) => {
    if (isDead(line)) return { type: 'broken', maxAttempts: 1 };
    return isWaiting(line) ? { type: 'report', delay: '1h' } : { type: 'report' };
  });
  const input = jobs.map((job) => JSON.stringify(job)).join('\n');
  const ids = (await sandbox.pipe(input, 'submit', '-f', '-', '-o', 'name')).stdout.trim().split('\n');
  const over = ids.filter((_id, index) => jobs[index]?.delay === undefined);
  await sandbox.run('job', 'wait', ...over);
  return new Map(named.map((line, index) => [line, ids[index]?.slice('job/'.length) ?? '']));
};

const hasJq = spawnSync('jq', ['--version']).status === 0;

test.skipIf(!hasJq)(`every example of --help${hasJq ? '' : ' (jq is not installed)'}`, async () => {
  await using sandbox = new Sandbox();
  const port = await freePort();
  await prepare({ sandbox, port });
  const all = COMMANDS.flatMap(({ examples }) => examples.map(({ line }) => line));
  const lines = [...new Set(all)].filter((line) => !ELSEWHERE.some(([pattern]) => pattern.test(line)));
  const ids = await jobsFor(sandbox, lines);
  const script = (isWanted: (line: string) => boolean): string =>
    lines
      .flatMap((line, index) => {
        if (!isWanted(line)) return [];
        const written = line.replace(EXAMPLE_ID, ids.get(line) ?? '').replaceAll('7070', String(port));
        const begun = ENDLESS.test(line) ? `timeout -s INT --preserve-status ${ENDLESS_S} ${written}` : written;
        return [`( ${begun}\n) > out.${index} 2>&1 < /dev/null; echo $? > code.${index}\n${AFTER[line] ?? ''}`];
      })
      .join('\n');
  const env = {
    ...{ PATH: `${sandbox.folder}/bin:${process.env.PATH}`, JOBCTL_API: `http://localhost:${port}` },
    JOBCTL_LOCK_NAME: 'nightly',
  };
  const run = (isWanted: (line: string) => boolean) =>
    sandbox.shell(`cd ${sandbox.folder}; set -o pipefail; handle=${HANDLE}\n${script(isWanted)}`, env);
  await Promise.all(LANES.map(run));
  const read = (name: string): string => readFileSync(join(sandbox.folder, name), 'utf8').trim();
  const wrong = lines.flatMap((line, index) => {
    const [, codes, says] = ENDS.find(([pattern]) => pattern.test(line)) ?? [
      line,
      ENDLESS.test(line) ? [0, 130] : [0],
      /^/,
    ];
    const [code, written] = [Number(read(`code.${index}`)), read(`out.${index}`)];
    const isRight = codes.includes(code) && says.test(written);
    return isRight ? [] : [`${line}\n  exit ${code}, not ${codes} with ${says}: ${written.slice(-400)}`];
  });
  expect(wrong.join('\n')).toBe('');
});

/** What the next examples need again. */
const AFTER: Readonly<Record<string, string>> = {
  "jobctl lock acquire deploy -o json | jq -r '.handle'":
    'jobctl lock takeover deploy --reason over --lease 1s --yes --confirm deploy > /dev/null 2>&1',
  'jobctl cron delete nightly --yes': "jobctl submit report --cron '@daily' --name nightly > /dev/null 2>&1",
};
