// Writes a Brotli and a gzip copy beside each file of a folder that gets
// smaller by it. The relay embeds them, so that it never compresses a request.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXT = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt', '.webmanifest']);
const KINDS = new Set([...TEXT, '.wasm']);
/** What saves less is not worth a copy. */
const WORTH = 0.9;

const folder = process.argv[2];
if (!folder) throw new Error('usage: node scripts/compress.mjs FOLDER');
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  const kind = extname(name);
  if (!KINDS.has(kind)) continue;
  const path = join(folder, name);
  const plain = readFileSync(path);
  const mode = TEXT.has(kind) ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC;
  const brotli = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_MODE]: mode,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  const gzip = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
  for (const [extension, packed] of [
    ['.br', brotli],
    ['.gz', gzip],
  ]) {
    if (packed.length < WORTH * plain.length) writeFileSync(path + extension, packed);
  }
  console.error(`${name}: ${plain.length} bytes, ${gzip.length} with gzip, ${brotli.length} with Brotli`);
}
