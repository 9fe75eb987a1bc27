// jobctl api: any request to a scheduler's API, its description, and tokens for it.
import { oneOf, parseText } from '../config/parse/values.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import { ROLES } from '../core/model/role.ts';
import { apiClient } from './ask.ts';
import { defineCommand, option } from './command.ts';
import { assertSends } from './plan.ts';

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const;

export const apiOption = option(
  '<url>',
  'address of a scheduler (default http://localhost:7070, JOBCTL_API)',
  parseText,
);

export const apiRequest = defineCommand({
  name: 'api request',
  summary: 'send a request to the API of a scheduler, and print the answer',
  arguments: '<method> <path>',
  details:
    'With the token in the file that JOBCTL_API_TOKEN_FILE names. What the API refuses ends with its error and exit code.',
  isDefault: true,
  options: {
    file: option('<file>', 'body: JSON from this file, or - for stdin', parseText, 'f'),
    body: option('<json>', 'body: JSON text', parseText),
    api: apiOption,
  },
  examples: [
    { does: 'how all of it is', line: 'jobctl api get /v1/overview' },
    { does: 'submit a job', line: `jobctl api post /v1/jobs --body '{"type":"exec","payload":{"command":["date"]}}'` },
    { does: 'from a pipe', line: 'cat job.json | jobctl api post /v1/jobs -f -' },
  ],
  async run(context, [verb = '', path = ''], { file, body, api }) {
    const { payloadOf } = await import('./submit-run.ts');
    const method = oneOf(METHODS)(verb.toUpperCase());
    if (!path.startsWith('/')) {
      throw usageError('OPTION_INVALID', `"${path}" is not a path of the API`, {
        hint: 'as in /v1/jobs; see `jobctl api spec`',
      });
    }
    if (file !== undefined && body !== undefined) {
      throw usageError('OPTION_INVALID', '--body and -f exclude each other', { hint: 'keep one of them' });
    }
    const given = file === undefined ? body : file === '-' ? '-' : `@${file}`;
    const text = given === undefined ? undefined : await payloadOf(context, given);
    if (method !== 'GET')
      assertSends(context, { method, path, body: text === undefined ? undefined : JSON.parse(text) });
    const ask = await apiClient(context, api);
    const answer = await ask({ method, path, body: text });
    context.out.result(answer.body, {
      name: () => path,
      text: (found) => (typeof found === 'string' ? found : JSON.stringify(found, null, 2)),
    });
    return EXIT.ok;
  },
});

export const apiSpec = defineCommand({
  name: 'api spec',
  summary: 'print the OpenAPI description of the API',
  options: {},
  examples: [
    { does: 'as JSON', line: 'jobctl api spec -o json' },
    { does: 'as YAML, for a generator of clients', line: 'jobctl api spec -o yaml > openapi.yaml' },
  ],
  async run(context) {
    const { openApiDocument } = await import('../http/openapi.ts');
    const { packageVersion } = await import('./version.ts');
    context.out.result(openApiDocument(packageVersion()), {
      name: ({ info }) => `api/${info.version}`,
      text: (document) => JSON.stringify(document, null, 2),
    });
    return EXIT.ok;
  },
});

export const apiToken = defineCommand({
  name: 'api token',
  summary: 'make a token for the API: a secret to give away, and an entry for the file of --tokens',
  arguments: '<name>',
  details: 'Stores nothing: the secret is shown once, and the entry holds its hash only.',
  options: { role: option('<role>', `${ROLES.join(', ')} (default read)`, oneOf(ROLES)) },
  examples: [
    { does: 'for a program that submits jobs', line: 'jobctl api token billing --role operate' },
    { does: 'the entry alone', line: 'jobctl api token dashboard -o json | jq .entry' },
  ],
  async run(context, [name = ''], { role = 'read' }) {
    const { hashOf, makeSecret, parseTokens } = await import('../http/tokens.ts');
    const secret = makeSecret();
    const entry = { name, role, sha256: hashOf(secret) };
    parseTokens({ tokens: [entry] }, 'the new entry');
    context.out.result(
      { secret, entry },
      {
        name: () => `token/${name}`,
        text: () =>
          `secret: ${secret}\nentry:\n  tokens:\n    - { name: ${name}, role: ${role}, sha256: ${entry.sha256} }`,
      },
    );
    return EXIT.ok;
  },
});
