// A server without tokens trusts this machine. A web page in a browser on this machine is not to be trusted: it can send requests
// here, by a name of its own that resolves to this address (DNS rebinding), or across origins.
import type { IncomingHttpHeaders } from 'node:http';
import { usageError } from '../core/model/errors.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i;

export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** Throws HOST_REFUSED. */
export const assertOwnHost = (
  headers: IncomingHttpHeaders,
  { isAnonymous }: { readonly isAnonymous: boolean },
): void => {
  const { host: named = '', origin } = headers;
  const name = named.replace(/:\d+$/, '');
  if (isAnonymous && !isLoopback(name)) {
    throw usageError('HOST_REFUSED', `"${named.slice(0, 100)}" is not a name of this machine`, {
      detail: 'without tokens only requests to localhost are answered',
      hint: 'ask http://localhost, or start the scheduler with --tokens',
    });
  }
  const isOther = origin !== undefined && origin !== `http://${named}` && origin !== `https://${named}`;
  if (isOther || headers['sec-fetch-site'] === 'cross-site') {
    throw usageError('HOST_REFUSED', 'web pages of other origins may not use this API', {
      hint: 'ask it from a program, or through a proxy of the same origin',
    });
  }
};
