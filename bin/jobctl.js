#!/bin/sh
//bin/sh -c :; b=$(readlink -f "$0"); d=${b%/*}/..; case $(uname -m) in aarch64 | arm64) a=arm64 ;; *) a=x64 ;; esac; for n in "$d/node_modules/node-linux-$a/bin/node" "$d/../node-linux-$a/bin/node"; do [ -x "$n" ] && exec "$n" --max-semi-space-size=16 "$b" "$@"; done; command -v node >/dev/null 2>&1 && exec node --max-semi-space-size=16 "$b" "$@"; echo "error: jobctl needs Node 22.13 or newer, and no node is on the PATH" >&2; exit 2

// The line above is for sh, a comment for JavaScript: it replaces the shell by the Node that npm installed beside jobctl,
// else by the one on the PATH; a small young generation saves a busy worker 80 MB at no cost. There is no wrapper process, so signals, pid and exit code are the program's own.
// `node bin/jobctl.js` on an older Node comes here directly and re-runs itself.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** node:sqlite needs no flag from here on. */
const NODE_MAJOR_MIN = 22;
const NODE_MINOR_MIN = 13;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN)) await run();
else rerun();

async function run() {
  process.env.NODE_ENV ??= 'production';
  // chalk ignores NO_COLOR on a terminal.
  if (process.env.NO_COLOR) process.env.FORCE_COLOR = '0';
  const program = new URL('../dist/main.js', import.meta.url);
  if (!existsSync(program)) {
    fail('jobctl is not built', 'run `npm run build` first');
    return;
  }
  const { main, processIo } = await import(program.href);
  process.exitCode = await main(process.argv.slice(2), processIo());
}

function rerun() {
  const node = ['../node_modules/', '../../']
    .map((folder) => fileURLToPath(new URL(`${folder}node-linux-${process.arch}/bin/node`, import.meta.url)))
    .find((file) => existsSync(file));
  if (node === undefined) {
    fail(
      `jobctl needs Node ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or newer, this is ${process.versions.node} (${process.execPath})`,
      'install a newer Node, or run `npm ci` with optional dependencies: it brings one',
    );
    return;
  }
  const child = spawn(node, ['--max-semi-space-size=16', fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  const forward = SIGNALS.map((signal) => [signal, () => child.kill(signal)]);
  for (const [signal, listener] of forward) process.on(signal, listener);
  child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`, 'run `npm ci` again'));
  child.on('exit', (code, signal) => {
    for (const [name, listener] of forward) process.off(name, listener);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}

function fail(what, hint) {
  process.stderr.write(`error: ${what}\nhint:  ${hint}\n`);
  process.exitCode = 2;
}
