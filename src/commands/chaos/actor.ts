// jobctl chaos actor: a process of the workload of `jobctl chaos run`, which starts it.
import { oneOf, parseText } from '../../config/parse/values.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { defineCommand, option } from '../command.ts';

const PARTS = ['submitter', 'holder'] as const;

export const chaosActor = defineCommand({
  name: 'chaos actor',
  changes: 'itself',
  summary: 'play a part in the workload of a run; `jobctl chaos run` starts these',
  details: 'It writes down what it does in the file that JOBCTL_HISTORY names, and ends at a signal.',
  options: {
    part: option('<part>', `${PARTS.join(' or ')} (default submitter)`, oneOf(PARTS)),
    id: option('<name>', 'its name in the plan: s0, h1', parseText),
    plan: option('<file>', 'what it is to do: plan.json of the run', parseText),
  },
  examples: [
    {
      does: 'submits what the plan says',
      line: 'jobctl chaos actor --part submitter --id s0 --plan out/kill/plan.json',
    },
    { does: 'contends for locks', line: 'jobctl chaos actor --part holder --id h0 --plan out/kill/plan.json' },
  ],
  async run(context, _args, { part = 'submitter', id = 's0', plan: file }) {
    const { recording, clock, random } = context;
    if (recording === null || file === undefined) {
      throw usageError('OPTION_INVALID', 'an actor needs --plan, and JOBCTL_HISTORY for what it writes down', {
        hint: '`jobctl chaos run` starts actors with both',
      });
    }
    const { aborted } = await import('../run-worker.ts');
    const { playHolder, playSubmitter, readActorPlan } = await import('../../chaos/workload/actor.ts');
    const { stop } = context.shutdown();
    const plan = await readActorPlan(file);
    const { recorder, who, events } = recording;
    const deps = { store: await context.store(), clock, random, events, recorder, who };
    await using _member = await context.announce('actor', id);
    await (part === 'holder' ? playHolder : playSubmitter)(deps, plan, id, stop);
    await aborted(stop); // it stays to be counted: one that is gone has failed
    return EXIT.ok;
  },
});
