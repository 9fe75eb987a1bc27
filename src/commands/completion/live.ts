// What only the store, or this machine, can tell: ids, names, types. Completion never fails and never makes a store: where there is
// nothing to be known, nothing is offered.
import { existsSync } from 'node:fs';
import { CONFIG_NAMES } from '../../config/keys.ts';
import type { LetterView } from '../../core/job/letter-view.ts';
import type { MemberView } from '../../core/job/member-view.ts';
import type { JobListItem } from '../../core/job/view.ts';
import type { LockView } from '../../core/lock/lock-view.ts';
import { type Ask, asker } from '../ask.ts';
import type { Context } from '../context.ts';
import { GLOBAL_FLAGS } from '../global-flags.ts';
import type { Candidate, Live } from './candidates.ts';
import { SHELLS } from './scripts.ts';

/** More would scroll off the screen. */
const OFFERED_MAX = 50;

type Items<Row> = { readonly items: readonly Row[] };
type Look = (ask: Ask, context: Context) => Promise<readonly Candidate[]>;

const query = { limit: OFFERED_MAX };

const jobs: Look = async (ask) =>
  (await ask<Items<JobListItem>>('jobList', { query })).items.map(({ id, type, state }) => ({
    word: id,
    does: `${type}, ${state}`,
  }));

const letters: Look = async (ask) =>
  (await ask<Items<LetterView>>('deadLetterList', { query })).items.map(({ id, type, error }) => ({
    word: id,
    does: `${type}: ${error}`,
  }));

const schedules: Look = async (ask) =>
  (
    await ask<Items<{ readonly name: string; readonly cron: string; readonly type: string }>>('scheduleList', { query })
  ).items.map(({ name, cron, type }) => ({ word: name, does: `${cron} ${type}` }));

const locks: Look = async (ask) =>
  (await ask<Items<LockView>>('lockList')).items.map(({ name, state, owner }) => ({
    word: name,
    does: owner === null ? state : `${state} by ${owner}`,
  }));

const workers: Look = async (ask) =>
  (await ask<Items<MemberView>>('workerList')).items.map(({ id, buckets }) => ({
    word: id,
    does: `buckets ${buckets}`,
  }));

const types: Look = async (ask) => {
  const { items } = await ask<Items<MemberView>>('workerList');
  return [...new Set(items.flatMap((worker) => worker.types))].map((word) => ({ word, does: 'a live worker runs it' }));
};

const topicNames = async (): Promise<readonly Candidate[]> => {
  const { topics } = await import('../topics.ts');
  return Object.keys(topics(GLOBAL_FLAGS)).map((word) => ({ word, does: 'a topic' }));
};

const shells = async (): Promise<readonly Candidate[]> =>
  SHELLS.map((word) => ({ word, does: 'its completion script' }));

const settings: Look = async (_ask, { config }) =>
  CONFIG_NAMES.map((word) => ({ word, does: `now ${config.settings[word].text}` }));

const profiles: Look = async (_ask, { config }) =>
  [...new Map(config.profiles.map(({ name, file }) => [name, file]))].map(([word, does]) => ({ word, does }));

/** By the noun, or the whole command, and the argument. */
const LOOKS: Readonly<Record<string, Look>> = {
  ...{ 'job id': jobs, 'dlq id': letters, 'cron name': schedules, 'lock name': locks, 'bucket worker': workers },
  ...{ 'submit type': types, 'cron type': types, 'help topic': topicNames, 'completion shell': shells },
  ...{ 'config setting': settings, 'config profile': profiles },
};

/** They ask nobody. */
const HERE: readonly Look[] = [topicNames, shells, settings, profiles];

export const liveCandidates = async (context: Context, live: Live | null, current: string) => {
  const look = live === null ? undefined : LOOKS[`${live.command.split(' ')[0]} ${live.argument}`];
  if (look === undefined || (!HERE.includes(look) && !hasStore(context))) return [];
  try {
    const ask = HERE.includes(look) ? noAsk : await asker(context, {});
    return (await look(ask, context)).filter(({ word }) => word.startsWith(current)).slice(0, OFFERED_MAX);
  } catch {
    return []; // a key press is no place for an error
  }
};

const noAsk: Ask = () => Promise.reject(new Error('nobody is asked'));

/** Opening an embedded store would make the file. */
const hasStore = ({ config }: Context): boolean => {
  const { store } = config.values;
  return !store.startsWith('sqlite:') || existsSync(store.slice('sqlite:'.length));
};
