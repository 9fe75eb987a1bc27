// The rules on the source text that neither the compiler nor the linter knows. Each message names the remedy; each rule is
// seen to catch the violations planted in test/tidy/canaries.ts.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CANARIES } from './tidy/canaries.ts';
import { cycleCheck, deadExportCheck, deadFileCheck, directionCheck, type Layer } from './tidy/imports.ts';
import { type Check, readSources } from './tidy/sources.ts';
import { lengthCheck, machineCheck, nameCheck, purposeCheck, type WordRule, wordCheck } from './tidy/text.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const CONTRACT = ['src/core/model', 'src/core/ports'];
const ALL_CORE = [...CONTRACT, 'src/core'];
const TO_CORE = 'state the need as a port in src/core/ports, let src/main.ts hand in the adapter';

/** Who may import whom (ARCHITECTURE.md). Only src/main.ts knows adapters. */
const LAYERS: readonly Layer[] = [
  {
    at: 'src/core/model',
    sees: [],
    outside: [],
    remedy: 'the model stands alone: move the use to where both are known',
  },
  {
    at: 'src/core/ports',
    sees: ['src/core/model'],
    outside: [],
    remedy: 'a port speaks the domain: use types of src/core/model',
  },
  {
    at: 'src/core',
    sees: CONTRACT,
    outside: ['cron-parser'], // a calendar: no I/O, no clock
    remedy: 'core does no I/O: add a port in src/core/ports',
  },
  {
    at: 'src/config',
    sees: ['src/core/model'],
    outside: 'anything',
    remedy: 'the configuration is data: let src/main.ts act on it',
  },
  { at: 'src/store', sees: [...CONTRACT, 'src/store/sqlite'], outside: 'anything', remedy: TO_CORE },
  { at: 'src/store/sqlite', sees: [...CONTRACT, 'src/store'], outside: 'anything', remedy: TO_CORE },
  { at: 'src/cluster', sees: [...CONTRACT, 'src/platform'], outside: 'anything', remedy: TO_CORE },
  {
    at: 'src/chaos',
    sees: [...ALL_CORE, 'src/platform'],
    outside: 'anything',
    remedy: 'its workload uses core as a program does; stores and clusters are handed in by src/main.ts',
  },
  {
    at: 'src/bench',
    sees: [...ALL_CORE, 'src/platform'],
    outside: 'anything',
    remedy: 'it measures core and the processes of jobctl; stores are handed in by src/main.ts',
  },
  {
    at: 'src/sim',
    sees: [...ALL_CORE, 'src/chaos'],
    outside: [],
    remedy: 'the simulation is one program without I/O: give it what it needs as data',
  },
  { at: 'src/telemetry', sees: CONTRACT, outside: 'anything', remedy: TO_CORE },
  { at: 'src/platform', sees: CONTRACT, outside: 'anything', remedy: TO_CORE },
  { at: 'src/handlers', sees: CONTRACT, outside: 'anything', remedy: TO_CORE },
  { at: 'src/http', sees: ALL_CORE, outside: 'anything', remedy: TO_CORE },
  { at: 'src/ui', sees: ALL_CORE, outside: 'anything', remedy: TO_CORE },
  {
    at: 'src/commands',
    sees: [...ALL_CORE, 'src/bench', 'src/chaos', 'src/config', 'src/http', 'src/sim', 'src/ui'],
    outside: 'anything',
    remedy: "adapters arrive in the command's context, made by src/main.ts",
  },
  {
    at: 'src/library',
    sees: [...ALL_CORE, 'src/handlers'],
    outside: 'anything',
    remedy: 'adapters are handed in by src/index.ts',
  },
  { at: 'src/main.ts', sees: '*', outside: 'anything', remedy: '' },
  { at: 'src/index.ts', sees: '*', outside: 'anything', remedy: '' },
  {
    at: 'examples',
    sees: ['src/index.ts'],
    outside: 'anything',
    remedy: 'show only what a user can import',
  },
  {
    at: 'bench',
    sees: [...ALL_CORE, 'src/bench', 'src/store', 'src/cluster', 'src/handlers', 'src/http', 'src/platform', 'test'],
    outside: 'anything',
    remedy: 'measure core and its adapters, not the command line: start that as users do',
  },
  { at: 'test', sees: '*', outside: 'anything', remedy: '' },
];

/** Where execution starts: the program, the library, and files that are started or loaded by their URL, so that no import names them. */
const ENTRIES: readonly string[] = [
  'src/main.ts',
  'src/index.ts',
  'src/handlers/module/thread.ts',
  'src/chaos/workload/handlers.ts',
  'src/bench/handlers.ts',
];

/** Adapters that measure their own I/O; all else gets the ports Clock and Random. */
const OWN_TIME = {
  'src/platform': 'implements the ports Clock and Random',
  'src/sim': 'between two moments of virtual time everything that is under way settles',
  'src/store': 'time-outs and doorbells of the database connection',
  'src/telemetry': 'log lines and spans carry the wall time of the process',
  'src/handlers': 'run time-outs and kill delays of processes, calls and threads',
};
const TIMER_WORDS = String.raw`\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b`;
const CHANCE_WORDS = String.raw`\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b`;

const WORDS: readonly WordRule[] = [
  {
    name: 'core may not use',
    words: new RegExp(
      String.raw`\bDate\.now\b|${TIMER_WORDS}|${CHANCE_WORDS}|(?<![\w.#])(?:performance|process|console|globalThis)\.`,
    ),
    within: ['src/core'],
    except: {},
    remedy: 'take Clock, Random or EventSink (src/core/ports) as an argument',
  },
  {
    name: 'core may not use',
    words: /\bnew Date\b(?!\(\w+\)\.toISOString\(\))/,
    within: ['src/core'],
    except: {},
    remedy: 'take the time in ms as an argument, format it with src/core/model/time.ts',
  },
  {
    name: 'core may not use',
    words: /\bnew Date\(\w+\)\.toISOString\(\)/,
    within: ['src/core'],
    except: { 'src/core/model/time.ts': 'the one place that formats a time' },
    remedy: 'format it with src/core/model/time.ts',
  },
  {
    name: 'only the platform may use',
    words: new RegExp(
      String.raw`\bDate\.now\b|\bnew Date\(\s*\)|${TIMER_WORDS}|${CHANCE_WORDS}|\bperformance\.now\b|\bprocess\.(?:on|once)\(`,
    ),
    within: ['src'],
    except: { 'src/core': 'has its own rule above', ...OWN_TIME },
    remedy: 'take the ports Clock and Random, or a signal from src/main.ts',
  },
  {
    name: 'no',
    words: /\benum\s+\w+\s*\{|\bexport\s+default\b|\bas\s+default\b/,
    within: ['src'],
    except: {
      'src/chaos/workload/handlers.ts': 'a handlers file, as users write them',
      'src/bench/handlers.ts': 'a handlers file, as users write them',
    },
    remedy: 'use a union of literals for an enum, a named export for a default one',
  },
  {
    name: 'no type',
    words: /(?:[:<|&,]\s*|\bas\s+|=>\s*)any\b(?!\s*[:(.])/,
    within: ['src'],
    except: {},
    remedy: 'say what it is, or `unknown` and narrow it',
  },
  {
    name: 'no',
    words: /\bprocess\.exit\(/,
    within: ['src'],
    except: {},
    remedy: 'set process.exitCode: exit() cuts off output that is still being written',
  },
];

const CHECKS = {
  'imports go inward': directionCheck(LAYERS),
  'no import cycles': cycleCheck,
  'no dead files': deadFileCheck(ENTRIES),
  'no dead exports': deadExportCheck,
  'no banned words': wordCheck(WORDS),
  'short files': lengthCheck,
  'every file says what it is for': purposeCheck,
  'telling names': nameCheck,
  'no traces of a machine': machineCheck(ROOT),
} as const satisfies Record<string, Check>;

const sources = readSources(ROOT);

describe.each(Object.entries(CHECKS))('%s', (name, check) => {
  const canaries = CANARIES[name as keyof typeof CHECKS];

  test('in the sources', () => {
    expect(check(sources)).toEqual([]);
  });

  test.each(canaries.caught)('a planted violation is caught: $says', ({ files, says }) => {
    const messages = check(new Map(Object.entries(files)));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(says);
  });

  test('what is allowed passes', () => {
    expect(check(new Map(Object.entries(canaries.passes)))).toEqual([]);
  });
});
