/** The search that the secrecy checks rely on finds what is there. */

import { expect, test } from '@playwright/test';
import { textsOf, wordsOf } from './support/said.ts';
import { find } from './support/secrecy.ts';

const WORD = 'Löwenzahn-Wisteria';
const around = (text: string) => Buffer.from(text, 'latin1');

const PLANTED: [shape: string, bytes: Buffer][] = [
  ['UTF-8', Buffer.from(`xx ${WORD} yy`)],
  ['lower case', Buffer.from(`xx ${WORD.toLowerCase()} yy`)],
  ['upper case', Buffer.from('xx WISTERIA yy')],
  ['UTF-16LE', Buffer.concat([around('odd'), Buffer.from(WORD, 'utf16le')])],
  ['UTF-16BE', Buffer.concat([around('xx'), Buffer.from(WORD, 'utf16le').swap16()])],
  ['hex', around(Buffer.from(WORD).toString('hex'))],
  ['upper-case hex', around(Buffer.from(WORD).toString('hex').toUpperCase())],
  ...['', 'x', 'xy'].map((before): [string, Buffer] => [
    `base64 ${before.length} bytes in`,
    around(Buffer.from(`${before}${WORD} and more`).toString('base64')),
  ]),
  ...['', 'x', 'xy'].map((before): [string, Buffer] => [
    `base64url ${before.length} bytes in`,
    around(Buffer.from(`${before}Ωω?>~~ÿÿ`).toString('base64url')),
  ]),
  ['base64 of lower case', around(Buffer.from(`{"title":"${WORD.toLowerCase()}"}`).toString('base64'))],
];

for (const [shape, bytes] of PLANTED) {
  test(`a word is found as ${shape}`, () => {
    const words = shape.startsWith('base64url') ? ['Ωω?>~~ÿÿ'] : shape === 'upper case' ? ['Wisteria'] : [WORD];
    const noise = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 151 + (at >> 3)) & 0xff));
    expect(find(words, [{ name: 'noise', bytes: noise }])).toEqual([]);
    const findings = find(words, [{ name: 'planted', bytes: Buffer.concat([noise, bytes, noise]) }]);
    expect(findings.map(({ where }) => where)).toContain('planted');
  });
}

test('bytes are found as they are, as hex and as base64', () => {
  const secret = Buffer.from('00ff10a57e3c99d2418b7700', 'hex');
  const shapes = [secret, around(secret.toString('hex')), around(secret.toString('base64url'))];
  for (const bytes of shapes) expect(find([secret], [{ name: 'planted', bytes }])).not.toEqual([]);
});

test('what is searched for is every longer word that was typed, and each text as a whole', () => {
  const words = wordsOf([
    'half an hour with Bea about the Wisteria budget',
    'Dîner',
    'short',
    'https://r.example/#invite=AbcdeFghij',
  ]);
  expect(words).toEqual([
    'about',
    'Wisteria',
    'budget',
    'half an hour with Bea about the Wisteria budget',
    'Dîner',
    'short',
    'https://r.example/#invite=AbcdeFghij',
  ]);
});

test('of a calendar file, what it says in words is searched for', () => {
  const lines = [
    'X-WR-CALNAME:Festival',
    'SUMMARY;LANGUAGE=fr:Dîner\\, à la cré',
    ' merie',
    'DESCRIPTION:bring wine\\nand bread',
    'ATTENDEE;CN="Zoë Quince";PARTSTAT=ACCEPTED:mailto:z@example.org',
    'UID:opaque',
  ];
  expect(textsOf(lines.join('\r\n'))).toEqual([
    'Festival',
    'Dîner, à la crémerie',
    'bring wine',
    'and bread',
    'Zoë Quince',
  ]);
});
