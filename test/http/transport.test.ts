// Beneath the requests: TLS, and senders that take too long.

import { request } from 'node:https';
import { connect } from 'node:net';
import { generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { ApiScene } from './api-scene.ts';

const get = (url: string, ca: string): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.on('error', reject).end();
  });

test('with a certificate it speaks https, and nothing else', async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  await using scene = await ApiScene.open({ tls: { cert: made.cert, key: made.private } });
  expect(scene.server.url).toMatch(/^https:/);
  expect(await get(`${scene.server.url}/v1/jobs`, made.cert)).toMatchObject({ status: 200 });
  const stranger = await generate([{ name: 'commonName', value: 'localhost' }]);
  await expect(get(`${scene.server.url}/v1/jobs`, stranger.cert)).rejects.toThrow(/certificate|self.signed/i);
  await expect(fetch(scene.server.url.replace('https', 'http'))).rejects.toThrow();
});

/** What comes until the server closes the connection. */
const untilClosed = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => {
      answer += part;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });

test.each([
  ['headers that do not end', 'GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
  [
    'a body that does not come',
    'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{',
  ],
])('%s: the connection is closed, and nothing was written', async (_name, text) => {
  await using scene = await ApiScene.open({ patience: { headersMs: 100, requestMs: 200, checkedMs: 50 } });
  expect(await untilClosed(scene.server.port, text)).toMatch(/^(HTTP\/1\.1 408 |$)/);
  expect((await scene.get('/v1/jobs')).items).toEqual([]);
});
