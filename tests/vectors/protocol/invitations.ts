/** docs/protocol.md, "Invitations": the link. */

import type { Bytes } from './bytes.ts';
import { Reader, ascii, join, refuse, same, u64 } from './bytes.ts';
import { sha256 } from './conventions.ts';

export interface Invitation {
  relay: string;
  account: Bytes;
  mailbox: Bytes;
  secret: Bytes;
  /** Seconds since the Unix epoch. */
  ends: number;
  name: string;
}

const MARK = '/#invite=';

export function writeLink({ relay, account, mailbox, secret, ends, name }: Invitation): string {
  const fields = join(1, account, mailbox, secret, u64(ends), ascii(name));
  const checksum = sha256(fields).slice(0, 4);
  return `${relay}${MARK}${Buffer.from(join(fields, checksum)).toString('base64url')}`;
}

export function readLink(link: string): Invitation {
  const text = link.replace(/\s/gu, '');
  if (text.length > 4096) refuse('a link above 4,096 bytes');
  const at = text.indexOf(MARK);
  if (at < 0) refuse('no invitation');
  const relay = text.slice(0, at);
  if (!isRelay(relay)) refuse('no relay, or one that is written otherwise');
  const encoded = text.slice(at + MARK.length);
  const fragment = Uint8Array.from(Buffer.from(encoded, 'base64url'));
  if (Buffer.from(fragment).toString('base64url') !== encoded) refuse('another encoding');
  const fields = fragment.slice(0, -4);
  if (!same(fragment.slice(-4), sha256(fields).slice(0, 4))) refuse('a wrong checksum');
  const reader = new Reader(fields);
  if (reader.byte() !== 1) refuse('another version');
  const account = reader.take(32);
  const mailbox = reader.take(32);
  const secret = reader.take(32);
  const ends = reader.u64();
  if (ends >= 253_370_764_800) refuse('an end beyond the year 9998');
  const name = new TextDecoder('utf-8', { fatal: true }).decode(reader.rest());
  return { relay, account, mailbox, secret, ends, name };
}

/** Whether an address is written in its one form. */
export function isRelay(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
