// Violations planted for each rule of test/tidy.test.ts, which must be caught, and look-alikes, which must pass. A checker
// that was never seen to fail proves nothing.

interface Canary {
  readonly files: Readonly<Record<string, string>>;
  /** Part of the one message that must come. */
  readonly says: string;
}
interface Canaries {
  readonly caught: readonly Canary[];
  readonly passes: Readonly<Record<string, string>>;
}

const inCore = (code: string, says: string): Canary => ({ files: { 'src/core/job/x.ts': code }, says });
const inCommands = (code: string, says: string): Canary => ({ files: { 'src/commands/x.ts': code }, says });
const lines = (count: number): string => '// one of many lines\n'.repeat(count);
/** Put together here, or this file would be a trace itself. */
const absolute = (...parts: readonly string[]): string => ['', ...parts].join('/');

/** The other entries: the library, a worker thread, and the handlers of chaos runs. */
const THREAD = {
  'src/index.ts': '',
  'src/handlers/module/thread.ts': '',
  'src/chaos/workload/handlers.ts': '',
  'src/bench/handlers.ts': '',
};

export const CANARIES = {
  'imports go inward': {
    caught: [
      inCore(
        "import { readFile } from 'node:fs/promises';",
        "src/core may not import 'node:fs/promises'; core does no I/O",
      ),
      inCore("import { z } from 'zod';", 'add a port'),
      inCore("import type { A } from '../../store/open.ts';", "'../../store/open.ts'"),
      inCore("import {\n  type A,\n  b,\n} from '../../config/x.ts';", "'../../config/x.ts'"),
      inCore("export { a } from '../../platform/clock.ts';", "'../../platform/clock.ts'"),
      inCore("export * from '../../http/a.ts';", "'../../http/a.ts'"),
      inCore("const a = await import('../../store/open.ts');", "'../../store/open.ts'"),
      inCore("import '../../telemetry/start.ts';", "'../../telemetry/start.ts'"),
      inCommands("import { openStore } from '../store/open.ts';", "adapters arrive in the command's context"),
      inCommands("import { main } from '../main.ts';", "'../main.ts'"),
      {
        files: { 'src/core/model/x.ts': "import type { Clock } from '../ports/clock.ts';" },
        says: 'the model stands alone',
      },
      { files: { 'src/core/ports/x.ts': "import { Loop } from '../loop.ts';" }, says: 'a port speaks the domain' },
      { files: { 'src/store/x.ts': "import { Loop } from '../core/loop.ts';" }, says: 'state the need as a port' },
      { files: { 'src/handlers/x.ts': "import { a } from '../platform/a.ts';" }, says: 'state the need as a port' },
      { files: { 'src/stuff/x.ts': '' }, says: 'add its folder to LAYERS' },
      {
        files: { 'examples/x.ts': "import { a } from '../src/core/loop.ts';" },
        says: 'show only what a user can import',
      },
    ],
    passes: {
      'src/core/job/x.ts':
        "// import { a } from 'node:fs';\nimport { Loop } from '../loop.ts';\nconst from = ' from ';\n",
      'src/store/sqlite/x.ts':
        "import { DatabaseSync } from 'node:sqlite';\nimport type { Store } from '../../core/ports/store.ts';",
      'src/main.ts': "import { openStore } from './store/open.ts';",
      'test/store/x.test.ts': "import { openStore } from '../../src/store/open.ts';",
    },
  },
  'no import cycles': {
    caught: [
      {
        files: { 'src/a.ts': "import { b } from './b.ts';", 'src/b.ts': "export { a as b } from './a.ts';" },
        says: 'src/a.ts -> src/b.ts -> src/a.ts; move what both need',
      },
      { files: { 'src/a.ts': "import { type A, a } from './a.ts';" }, says: 'src/a.ts -> src/a.ts' },
      {
        files: {
          'src/a.ts': "import './b.ts';",
          'src/b.ts': "const c = await import('./c.ts');",
          'src/c.ts': "import * as a from './a.ts';",
        },
        says: 'src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts',
      },
    ],
    passes: {
      'src/a.ts':
        "import type { B } from './b.ts';\nexport type { C } from './b.ts';\ntype D = typeof import('./b.ts');",
      'src/b.ts': "import { a } from './a.ts';",
    },
  },
  'no dead files': {
    caught: [
      { files: { ...THREAD, 'src/main.ts': '', 'src/core/dead.ts': '' }, says: 'src/core/dead.ts: nothing reaches it' },
      {
        files: { ...THREAD, 'src/main.ts': "// import './dead.ts';", 'src/dead.ts': '' },
        says: 'import it or delete it',
      },
      { files: { ...THREAD, 'src/core/loop.ts': '' }, says: 'src/main.ts: is not there' },
    ],
    passes: {
      ...THREAD,
      'src/main.ts': "const { run } = await import('./commands/x.ts');",
      'src/commands/x.ts': "import type { A } from '../core/a.ts';",
      'src/core/a.ts': '',
    },
  },
  'no dead exports': {
    caught: [
      {
        files: {
          'src/core/a.ts': 'export const used = 1;\nexport const unused = used;',
          'src/b.ts': 'import { used } from',
        },
        says: 'src/core/a.ts: nothing uses the exported `unused`',
      },
      { files: { 'src/a.ts': 'export class Gone {}', 'test/b.ts': '' }, says: '`Gone`' },
    ],
    passes: {
      'src/a.ts': 'export const used = 1;\nexport interface Options {}\nconst own = 2;',
      'test/a.test.ts': "import { used } from '../src/a.ts';",
    },
  },
  'no banned words': {
    caught: [
      inCore('const now = Date.now();', 'src/core/job/x.ts:1: core may not use `Date.now`; take Clock'),
      inCore("\nconst url = 'http://x'; setTimeout(run, 5);", 'x.ts:2: core may not use `setTimeout`'),
      inCore('setInterval(run, 5);', '`setInterval`'),
      inCore('setImmediate(run);', '`setImmediate`'),
      inCore('queueMicrotask(run);', '`queueMicrotask`'),
      inCore('const x = Math.random();', '`Math.random`'),
      inCore('const id = crypto.randomUUID();', '`randomUUID`'),
      inCore('const t = performance.now();', '`performance.`'),
      inCore('const e = process.env;', '`process.`'),
      inCore("console.log('x');", '`console.`'),
      inCore('const p = globalThis.fetch;', '`globalThis.`'),
      inCore('const d = new Date();', 'take the time in ms as an argument'),
      inCore('const d = new Date(ms).toISOString();', 'format it with src/core/model/time.ts'),
      { files: { 'src/core/model/time.ts': 'const d = new Date();' }, says: 'new Date' },
      inCommands('const now = Date.now();', 'only the platform may use `Date.now`'),
      inCommands('const now = new Date();', 'only the platform may use `new Date()`'),
      inCommands("process.on('SIGTERM', stop);", '`process.on(`'),
      inCommands('enum State { A }', 'union of literals'),
      inCommands('export default run;', 'named export'),
      inCommands('export { run as default };', '`as default`'),
      inCommands('const x: any = 1;', 'no type `: any`'),
      inCommands('const x = y as any;', '`unknown`'),
      inCommands('type X = Record<string, any>;', '`unknown`'),
      inCommands('process.exit(1);', 'set process.exitCode'),
    ],
    passes: {
      'src/core/job/x.ts':
        "// Date.now() is banned\nthis.process.start(); const text = 'setTimeout'; /* any: any */ const company = 1;",
      'src/core/model/time.ts': 'export const isoTime = (ms: number): string => new Date(ms).toISOString();',
      'src/platform/clock.ts': 'export const wall = (): number => Date.now();',
      'src/commands/x.ts': 'const first = await Promise.any(all); const at = new Date(row.atMs); process.exitCode = 1;',
      'test/x.test.ts': 'setTimeout(run, 5);',
    },
  },
  'short files': {
    caught: [
      { files: { 'src/a.ts': lines(301) }, says: 'src/a.ts: 301 lines, at most 300; move its second concern' },
      { files: { 'bin/a.js': lines(400) }, says: '400 lines' },
    ],
    passes: { 'src/a.ts': lines(300), 'src/generated/a.ts': lines(900), 'docs/a.md': lines(900) },
  },
  'every file says what it is for': {
    caught: [
      {
        files: { 'src/a.ts': "import { a } from './b.ts';\n// This comes too late.\n" },
        says: 'open it with a comment',
      },
      { files: { 'test/a.test.ts': '' }, says: 'does not say what it is for' },
      { files: { 'src/a.ts': '// the file\n' }, says: 'does not say what it is for' },
      { files: { 'bin/a.js': '#!/usr/bin/env node\nimport "./b.js";\nrun();\n' }, says: 'does not say what it is for' },
    ],
    passes: {
      'src/a.ts': '// Decides what becomes of a job.\n',
      'src/b.ts': '/**\n * Decides what becomes of a job.\n */\n',
      'bin/a.js': '#!/bin/sh\n\':\' //; exec node "$0"\n// Starts the program on a new Node.\n',
    },
  },
  'telling names': {
    caught: [
      { files: { 'src/utils.ts': '' }, says: 'name the file after what it does' },
      { files: { 'test/support/helpers.ts': '' }, says: 'the name says nothing' },
      { files: { 'src/lib/clock.ts': '' }, says: 'the name says nothing' },
      { files: { 'src/core/interfaces.ts': '' }, says: 'the name says nothing' },
      { files: { 'bench/misc.test.ts': '' }, says: 'the name says nothing' },
    ],
    passes: { 'src/core/liberty.ts': '', 'docs/lib.md': '' },
  },
  'no traces of a machine': {
    caught: [
      { files: { 'docs/a.md': `see ${absolute('home', 'ann', 'jobctl')}` }, says: 'make it relative' },
      { files: { 'src/a.ts': `'${absolute('work', 'x')}'` }, says: 'names a path of a machine' },
      {
        files: { '.npmrc': `${'registry'}=https://mirror.example/` },
        says: "leave it to the user's npm configuration",
      },
      { files: { 'package-lock.json': `"${'resolved'}": "https://x/y.tgz"` }, says: 'names a registry' },
    ],
    passes: { 'a.md': 'test/work/a.ts, https://example.org/home/a, $HOME/work/a, the registry of a package' },
  },
} as const satisfies Record<string, Canaries>;
