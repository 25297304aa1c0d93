/** How the relay hands the web app over: every file packed as the browser takes it, and how long it is kept. */

import { request, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from './support/fixtures.ts';

/** All that a first visit fetches but fonts, packed with Brotli. */
const FIRST_VISIT = 1_300_000;

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The answer as it came over the wire: `fetch` would unpack it. */
function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    request(url, { headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .on('error', failed)
      .end();
  });
}

const UNPACK = { br: brotliDecompressSync, gzip: gunzipSync };

test('every text and the WebAssembly come packed, and only where the browser says that it takes it', async ({
  relay,
  page,
}) => {
  const fetched: string[] = [];
  page.on('response', (response) => fetched.push(response.url()));
  await page.goto(relay.url);
  await expect(page.getByLabel('Your name')).toBeVisible();
  const files = fetched.filter((url) => /\.(js|css|wasm)$/.test(url) || new URL(url).pathname === '/');
  for (const kind of [/\.js$/, /\.css$/, /\.wasm$/, /\/$/])
    expect(
      files.some((url) => kind.test(url)),
      `${kind}`,
    ).toBe(true);

  let packed = 0;
  for (const url of files) {
    const plain = await get(url);
    expect(plain.headers['content-encoding'], url).toBeUndefined();
    const tags = new Set([plain.headers.etag]);
    for (const coding of ['br', 'gzip'] as const) {
      const accepted = { 'accept-encoding': coding === 'br' ? 'gzip, deflate, br, zstd' : 'gzip, deflate' };
      const { status, headers, body } = await get(url, accepted);
      expect(status).toBe(200);
      expect(headers, url).toMatchObject({
        'content-encoding': coding,
        'content-length': `${body.length}`,
        'content-type': plain.headers['content-type'],
        vary: 'accept-encoding',
        'cache-control': url.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
      expect(UNPACK[coding](body).equals(plain.body), url).toBe(true);
      tags.add(headers.etag);
      if (coding === 'br') packed += body.length;

      const again = await get(url, { ...accepted, 'if-none-match': headers.etag ?? '' });
      expect(again).toMatchObject({ status: 304, headers: { etag: headers.etag, vary: 'accept-encoding' } });
      expect(again.body).toHaveLength(0);
    }
    expect(tags.size, `each form of ${url} has a tag of its own`).toBe(3);
  }
  expect(packed).toBeLessThan(FIRST_VISIT);
});
