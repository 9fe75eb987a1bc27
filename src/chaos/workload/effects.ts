// The resource that checks fencing tokens, behind HTTP: workers and lock holders of a run change it, and it writes down what it
// was asked and what it did.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Recorder } from '../history/history.ts';
import { type EffectAnswer, FencedResource } from './resource.ts';

const REQUEST = z.strictObject({
  who: z.string(),
  effect: z.strictObject({ resource: z.string(), token: z.number(), once: z.string().nullable() }),
});
type EffectRequest = Readonly<z.infer<typeof REQUEST>>;

/** Tells the processes of a run where the resource is. */
export const EFFECTS_VARIABLE = 'JOBCTL_CHAOS_EFFECTS';
const BODY_MAX_BYTES = 4_096;
/** Nobody waits longer for its answer, ms. */
const ANSWER_WITHIN_MS = 5_000;

export interface EffectServer extends AsyncDisposable {
  readonly url: string;
}

/** On any free port of this machine. */
export const serveEffects = async (recorder: Recorder): Promise<EffectServer> => {
  const resource = new FencedResource();
  const server = createServer((request, response) => {
    void readRequest(request)
      .then(({ who, effect }) => {
        const operation = recorder.begin(who, 'effect', effect);
        const answer = resource.apply(effect);
        recorder.end(operation, 'ok', answer);
        response.end(answer);
      })
      .catch(() => {
        response.statusCode = 400;
        response.end();
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const readRequest = async (request: IncomingMessage): Promise<EffectRequest> => {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_MAX_BYTES) throw new Error('too long');
  }
  return REQUEST.parse(JSON.parse(text));
};

/** Null: nobody answered, and it may or may not have happened. */
export const requestEffect = async (url: string, request: EffectRequest): Promise<EffectAnswer | null> => {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(request), signal });
    return response.ok ? ((await response.text()) as EffectAnswer) : null;
  } catch {
    return null;
  }
};
