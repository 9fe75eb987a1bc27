// jobctl lock list, get and check: who holds what, and whether a token still counts.
import { wholeNumber } from '../../config/parse/values.ts';
import type { LockView } from '../../core/lock/lock-view.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand, flag, option } from '../command.ts';
import { WATCH_OPTIONS, watchList } from '../watching.ts';
import { LOCK_DETAIL, LOCK_LIST } from './views.ts';

const TOKEN_MAX = Number.MAX_SAFE_INTEGER;

export const lockList = defineCommand({
  name: 'lock list',
  summary: 'list the locks, who holds them and until when',
  details: 'UNTIL and `overdue` go by the clock of this machine, and are for people: no decision reads them.',
  options: { all: flag("jobctl's own locks, too: of buckets and schedules"), ...WATCH_OPTIONS, ...API_OPTIONS },
  examples: [
    { does: 'all that were ever taken', line: 'jobctl lock list' },
    { does: 'those that are held now', line: `jobctl lock list -o json | jq '.items[] | select(.state == "held")'` },
  ],
  async run(context, _args, { all = false, watch, api }) {
    const ask = await asker(context, { api });
    const query = { scope: all ? 'all' : 'user' };
    const look = () => ask<{ readonly items: readonly LockView[] }>('lockList', { query });
    if (watch === true) return watchList(context, look, LOCK_LIST);
    const { items } = await look();
    if (items.length === 0) context.note('nobody has taken a lock yet; try `jobctl lock run NAME -- COMMAND`');
    context.out.list({ items }, LOCK_LIST);
    return EXIT.ok;
  },
});

export const lockGet = defineCommand({
  name: 'lock get',
  summary: 'show one lock: owner, token, session, lease',
  arguments: '<name>',
  options: API_OPTIONS,
  examples: [
    { does: 'who holds it', line: 'jobctl lock get nightly' },
    { does: 'the current fencing token', line: "jobctl lock get nightly -o json | jq '.token'" },
  ],
  async run(context, [name = ''], { api }) {
    const ask = await asker(context, { api });
    context.out.result(await ask<LockView>('lockGet', { params: { name } }), LOCK_DETAIL);
    return EXIT.ok;
  },
});

export const lockCheck = defineCommand({
  name: 'lock check',
  summary: 'exit 0 while a fencing token is the current one and its holder lives, else 4',
  arguments: '<name>',
  details: `The read is linearizable, but it is over once it is answered: it cannot protect what is done afterwards. Where that
matters, let the resource itself refuse lower tokens (docs/locks.md).`,
  options: { token: option('<n>', 'the fencing token', wholeNumber(1, TOKEN_MAX)), ...API_OPTIONS },
  examples: [
    { does: 'inside of lock run', line: 'jobctl lock check "$JOBCTL_LOCK_NAME" --token 17' },
    { does: 'for a program', line: 'jobctl lock check nightly --token 17 -o json' },
  ],
  async run(context, [name = ''], { token, api }) {
    if (token === undefined) {
      throw usageError('OPTION_INVALID', '--token is missing', { hint: 'as in: jobctl lock check nightly --token 17' });
    }
    const ask = await asker(context, { api });
    const view = await ask<LockView>('lockCheck', { params: { name }, query: { token } });
    context.out.result(view, {
      name: LOCK_DETAIL.name,
      text: ({ name: shown, owner }) => `lock/${shown} token ${token} is current, held by ${owner}`,
    });
    return EXIT.ok;
  },
});
