// What commands ask of jobctl: operations of the API, done here on the store, or by a scheduler whose address --api gives. One way
// or the other, the same is checked, done and answered.
import { hostname, userInfo } from 'node:os';
import { parseText } from '../config/parse/values.ts';
import type { ApiClient, ClientOptions } from '../http/client.ts';
import type { Operation } from '../http/operation.ts';
import { option } from './command.ts';
import type { Context } from './context.ts';
import { assertSends } from './plan.ts';

export const API_OPTIONS = {
  api: option('<url>', 'ask a scheduler at this address, and not the store', parseText),
};

export interface ApiValues {
  readonly api?: string | undefined;
}

/** As they stand in a request: times are text. What is undefined is left out. */
interface Asked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Longer than other answers take, ms. */
  readonly waitMs?: number;
}

/** By the id of the operation; the caller knows what it answers. Throws what the operation throws, and API_UNREACHABLE. */
export type Ask = <Result>(operation: string, asked?: Asked) => Promise<Result>;

export const asker = async (context: Context, { api }: ApiValues): Promise<Ask> => {
  const { OPERATIONS } = await import('../http/operations/all.ts');
  const operationOf = (id: string): Operation => {
    const operation = OPERATIONS.find((each) => each.id === id);
    if (operation === undefined) throw new Error(`there is no operation ${id}`);
    return operation;
  };
  const send = api === undefined ? await here(context) : await there(context, api);
  return async <Result>(id: string, asked: Asked = {}) => {
    const operation = operationOf(id);
    const { method } = operation;
    if (method !== 'GET') assertSends(context, { method, path: pathOf(operation, asked), body: asked.body });
    return (await send(operation, asked)) as Result;
  };
};

type Send = (operation: Operation, asked: Asked) => Promise<unknown>;

const here = async (context: Context): Promise<Send> => {
  const { createSubmitter } = await import('../core/job/submit.ts');
  const { callOf } = await import('../http/operation.ts');
  const { clock, random, events } = context;
  const store = await context.store();
  const submitter = createSubmitter({ store, clock, random, events });
  const service = { store, clock, random, events, submitter };
  const signal = new AbortController().signal;
  return async (operation, { params = {}, query = {}, body }) => {
    const texts = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const raw = { params, query: Object.fromEntries(texts) as unknown, body: body === undefined ? body : plain(body) };
    return operation.run(service, callOf(operation, raw, { key: undefined, actor: operator(), signal }));
  };
};

/** As it would arrive: without what is undefined. */
const plain = (body: Readonly<Record<string, unknown>>): unknown => JSON.parse(JSON.stringify(body));

/** Of the address that is given, or the configured one. */
export const apiClient = async (context: Context, url: string | undefined): Promise<ApiClient> =>
  (await import('../http/client.ts')).createClient(clientOptions(context, url));

export const clientOptions = ({ config }: Context, url: string | undefined): ClientOptions => {
  const { api, apiTokenFile, timeout } = config.values;
  return { url: url ?? api, tokenFile: apiTokenFile, timeoutMs: timeout };
};

const there = async (context: Context, url: string): Promise<Send> => {
  const ask = await apiClient(context, url);
  return async (operation, asked) => {
    const { query = {}, body, waitMs = 0 } = asked;
    const [place, { method }] = [pathOf(operation, asked), operation];
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    const text = body === undefined ? undefined : JSON.stringify(body);
    return (await ask({ method, path: `${place}${search.size === 0 ? '' : `?${search}`}`, body: text, waitMs })).body;
  };
};

const pathOf = ({ path }: Operation, { params = {} }: Asked): string =>
  path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''));

/** Who does it, for people. */
const operator = (): string => `${userInfo().username}@${hostname()}`;
