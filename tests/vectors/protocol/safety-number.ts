/** docs/protocol.md, "Safety number": the code to scan. */

import type { Bytes } from './bytes.ts';
import { Reader, join, refuse, same } from './bytes.ts';
import { sha256 } from './conventions.ts';

export interface SafetyCode {
  relay: string;
  /** The account of whoever shows it. */
  shownBy: Bytes;
  /** The other account, as they know it. */
  with: Bytes;
}

const MARK = '/#verify=';

export function writeCode({ relay, shownBy, with: other }: SafetyCode): string {
  const fields = join(1, shownBy, other);
  const code = join(fields, sha256(fields).slice(0, 4));
  return `${relay}${MARK}${Buffer.from(code).toString('base64url')}`;
}

export function readCode(link: string): SafetyCode {
  if (Buffer.byteLength(link) > 1024) refuse('a link above 1,024 bytes');
  const text = link.replace(/\s/gu, '');
  const at = text.indexOf(MARK);
  if (at < 0) refuse('no code of a safety number');
  const encoded = text.slice(at + MARK.length);
  const code = Uint8Array.from(Buffer.from(encoded, 'base64url'));
  if (Buffer.from(code).toString('base64url') !== encoded) refuse('another encoding');
  if (code.length !== 69) refuse('a code of another length');
  const fields = code.slice(0, -4);
  if (!same(code.slice(-4), sha256(fields).slice(0, 4))) refuse('a wrong checksum');
  const reader = new Reader(fields);
  if (reader.byte() !== 1) refuse('another version');
  return { relay: text.slice(0, at), shownBy: reader.take(32), with: reader.take(32) };
}
