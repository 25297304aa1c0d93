/** Looks for words in bytes, in every shape in which they could have been written down. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Haystack {
  name: string;
  bytes: Buffer;
}

export interface Finding {
  word: string;
  shape: string;
  where: string;
}

interface Needle {
  shape: string;
  text: string;
  anyCase: boolean;
}

/** Every shape of a word, as bytes in a Latin-1 string. */
function shapesOf(word: string | Buffer): Needle[] {
  const utf8 = Buffer.from(word);
  const utf16 = typeof word === 'string' ? Buffer.from(word, 'utf16le') : null;
  const needles: Needle[] = [
    { shape: 'as it is', text: utf8.toString('latin1'), anyCase: typeof word === 'string' },
    { shape: 'hex', text: utf8.toString('hex'), anyCase: true },
    ...base64Of(utf8),
  ];
  if (utf16) {
    needles.push({ shape: 'UTF-16LE', text: utf16.toString('latin1'), anyCase: true });
    needles.push({ shape: 'UTF-16BE', text: Buffer.from(utf16).swap16().toString('latin1'), anyCase: true });
  }
  return needles;
}

/** The letters that stand for these bytes wherever in a longer text they are. */
function base64Of(bytes: Buffer): Needle[] {
  return [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // Letters that share bits with what stands before or after are left out.
    const text = all.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    const needle = (shape: string, letters: string) => ({
      shape: `${shape}, ${before} bytes in`,
      text: letters,
      anyCase: false,
    });
    const url = text.replaceAll('+', '-').replaceAll('/', '_');
    return url === text ? [needle('base64', text)] : [needle('base64', text), needle('base64url', url)];
  });
}

/** Where words, or secret bytes, can be read. */
export function find(words: readonly (string | Buffer)[], haystacks: readonly Haystack[]): Finding[] {
  const needles = words.map((word) => ({
    word: typeof word === 'string' ? word : word.toString('hex'),
    shapes: [
      ...shapesOf(word),
      // Text is found in either case inside base64 as well, where it was lowered or raised as a whole.
      ...(typeof word === 'string'
        ? [word.toLowerCase(), word.toUpperCase()].flatMap((each) => base64Of(Buffer.from(each)))
        : []),
    ],
  }));
  const findings: Finding[] = [];
  for (const { name, bytes } of haystacks) {
    const exact = bytes.toString('latin1');
    const lower = exact.toLowerCase();
    for (const { word, shapes } of needles) {
      for (const { shape, text, anyCase } of shapes) {
        if (anyCase ? lower.includes(text.toLowerCase()) : exact.includes(text))
          findings.push({ word, shape, where: name });
      }
    }
  }
  return findings;
}

/** Every file below a folder. */
export function filesBelow(folder: string): Haystack[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: `file ${entry.name}`, bytes: readFileSync(join(entry.parentPath, entry.name)) }));
}
