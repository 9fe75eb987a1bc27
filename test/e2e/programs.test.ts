// The programs that pages show, run as a reader's: what a page leaves to the reader (a mailer, a table, a server) is given here.
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blocksOf, ROOT } from './documents.ts';
import { Sandbox } from './processes.ts';

/** Runs a program in a folder where jobctl is installed. Resolves with its stdout. */
const runProgram = async (sandbox: Sandbox, text: string): Promise<string> => {
  mkdirSync(join(sandbox.folder, 'node_modules'));
  symlinkSync(ROOT, join(sandbox.folder, 'node_modules/jobctl'));
  writeFileSync(join(sandbox.folder, 'program.mts'), text);
  const ended = await sandbox.shell(`'${process.execPath}' program.mts`, {});
  expect(ended.code, ended.stderr).toBe(0);
  return ended.stdout;
};

/** Answers every request with JSON. */
const startServer = async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await new Response(request as unknown as ReadableStream).text());
    response.end('{"id":"m1"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  return { url: `http://127.0.0.1:${port}`, bodies, [Symbol.asyncDispose]: async () => void server.close() };
};

test('docs/library.md', async () => {
  await using sandbox = new Sandbox();
  const given = `const send = async () => 'sent';
    const longWork = async ({ signal }) => console.log('lost:', signal.aborted);
    const saveGuarded = async (token) => console.log('token:', token);\n`;
  const [jobs = '', locks = ''] = blocksOf({ name: 'docs/library.md' }, 'ts');
  const store = jobs.replace('sqlite:./jobs.db', sandbox.url);
  const shown = 'console.log(job.state, job.attempts[0].result);\n';
  expect(await runProgram(sandbox, given + store + shown + locks)).toBe('succeeded sent\nlost: false\ntoken: 1\n');
});

test('docs/locks.md', async () => {
  await using sandbox = new Sandbox();
  await using server = await startServer();
  const [sql = ''] = blocksOf({ name: 'docs/locks.md' }, 'sql');
  const [program = ''] = blocksOf({ name: 'docs/locks.md' }, 'ts');
  const [, imported = '', body = ''] = /^(import .*\n)([\s\S]*)$/.exec(program) ?? [];
  const given = `import { DatabaseSync } from 'node:sqlite';
    const db = new DatabaseSync(':memory:');
    db.exec("CREATE TABLE books (id TEXT PRIMARY KEY, total INTEGER); INSERT INTO books VALUES ('may', 1)");
    const [alter, update] = ${JSON.stringify(sql)}.split('\\n');
    db.exec(alter);
    const rows = () => JSON.stringify(db.prepare('SELECT total, fence FROM books').get());
    console.log(db.prepare(update).run({ token: 3 }).changes, db.prepare(update).run({ token: 2 }).changes, rows());
    const url = '${server.url}';
    const body = '{}';
    const answered = {};
    const response = { writeHead: (status) => ({ end: (text) => console.log(status, text) }) };
    const page = async (token, headers) => {
      const lock = { token };
      const request = { url: '/books/may', headers };
      ${body}
    };\n`;
  const used = `await page(17, { 'jobctl-fencing-token': '17' });
    console.log(rows());
    await page(18, {});
    await page(16, {}).catch(({ code }) => console.log(code));\n`;
  const stdout = await runProgram(sandbox, imported + given + used);
  expect(stdout).toMatch(/^1 0 .*"total":42,"fence":3}\n.*"fence":17}\n428 .*\nTOKEN_STALE\n$/);
  expect(server.bodies).toEqual(['{}', '{}']);
});

test.each([
  ['docs/handlers.md', 'failed'],
  ['README.md', 'succeeded'],
])('the handlers of %s', async (name, withoutRecipient) => {
  await using sandbox = new Sandbox();
  await using server = await startServer();
  const [handlers = ''] = blocksOf({ name }, 'ts');
  const file = join(sandbox.folder, 'handlers.ts');
  writeFileSync(file, `const url = '${server.url}';\nconst send = async () => 'm1';\n${handlers}`);
  await sandbox.worker('w1', { handlers: file });
  const stateOf = async (payload: string): Promise<string> => {
    const { stdout } = await sandbox.run('submit', 'email.send', '--payload', payload, '--wait', '-o', 'json');
    const { id, state } = JSON.parse(stdout) as { readonly id: string; readonly state: string };
    return `${state} ${(await sandbox.run('job', 'get', id, '-o', 'json')).stdout}`;
  };
  expect(await stateOf('{"to":"a@example.org"}')).toMatch(/^succeeded .*messageId.*m1/s);
  expect(await stateOf('{}')).toMatch(new RegExp(`^${withoutRecipient}`));
});

test('the scenario of docs/chaos.md', async () => {
  await using sandbox = new Sandbox();
  const [scenario = ''] = blocksOf({ name: 'docs/chaos.md' }, 'yaml');
  writeFileSync(join(sandbox.folder, 'my-scenario.yaml'), scenario);
  const ran = await sandbox.run('chaos', 'sim', './my-scenario.yaml', '--seeds', '2');
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
});
