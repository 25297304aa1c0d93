/** docs/protocol.md, "Adding a device". */

import type { Bytes } from './bytes.ts';
import { Reader, hex, join, refuse, same, u64 } from './bytes.ts';
import { ed25519Public, expand, sha256, sign } from './conventions.ts';

export interface DeviceLink {
  relay: string;
  account: Bytes;
  /** The first bytes of the id of the device that shows it. */
  shownBy: Bytes;
  secret: Bytes;
  /** Milliseconds since the Unix epoch. */
  ends: number;
  /** The account's signature of a pass for the guest key. */
  pass: Bytes;
}

const MARK = '/#device=';

/** The secret of a link, which commits its maker to the opening. */
export function secretOf(opening: Bytes): Bytes {
  return sha256(join('sotto/v1/link/secret', 0, opening));
}

/** Six digits: the new device shows them, and the other one is typed them into. */
export function code(sessionId: Bytes, opening: Bytes): string {
  const first = sha256(join('sotto/v1/link/code', 0, sessionId, opening)).slice(0, 8);
  const number = first.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  return String(number % 1_000_000n).padStart(6, '0');
}

/** What both sides derive of a link's secret. */
export function derived(secret: Bytes): { mailbox: Bytes; guestSeed: Bytes; guest: Bytes; invitation: Bytes } {
  const one = (label: string): Bytes => expand(1, secret, join(label))[0]!;
  const guestSeed = one('sotto/v1/link/guest');
  return {
    mailbox: one('sotto/v1/link/mailbox'),
    guestSeed,
    guest: ed25519Public(guestSeed),
    invitation: one('sotto/v1/link/invitation'),
  };
}

/** What the account signs to let a guest in ("Relay frames", Guests). */
export function passContent(account: Bytes, guest: Bytes, ends: number): Bytes {
  return join('sotto/v1/pass', 0, account, guest, u64(ends));
}

/** What a device signs to prove itself to a relay ("Identities and device lists"). */
export function helloContent(nonce: Bytes, account: Bytes, device: Bytes, audience: string): Bytes {
  return join('sotto/v1/hello', 0, nonce, account, device, audience);
}

export function makeLink(
  relay: string,
  accountSeed: Bytes,
  shownBy: Bytes,
  { secret, ends }: { secret: Bytes; ends: number },
): DeviceLink {
  const account = ed25519Public(accountSeed);
  const pass = sign(accountSeed, passContent(account, derived(secret).guest, ends));
  return { relay, account, shownBy: shownBy.slice(0, 4), secret, ends, pass };
}

export function writeLink({ relay, account, shownBy, secret, ends, pass }: DeviceLink): string {
  const fields = join(1, account, shownBy, secret, u64(ends), pass);
  const checksum = sha256(fields).slice(0, 4);
  return `${relay}${MARK}${Buffer.from(join(fields, checksum)).toString('base64url')}`;
}

export function readLink(link: string): DeviceLink {
  if (link.length > 1024) refuse('a link above 1,024 bytes');
  const text = link.replace(/\s/gu, '');
  const at = text.indexOf(MARK);
  if (at < 0) refuse('no link that adds a device');
  const encoded = text.slice(at + MARK.length);
  if (encoded.length !== 194) refuse(`${encoded.length} characters after the mark`);
  const fragment = Uint8Array.from(Buffer.from(encoded, 'base64url'));
  if (Buffer.from(fragment).toString('base64url') !== encoded) refuse('another encoding');
  const fields = fragment.slice(0, -4);
  if (!same(fragment.slice(-4), sha256(fields).slice(0, 4))) refuse('a wrong checksum');
  const reader = new Reader(fields);
  if (reader.byte() !== 1) refuse('another version');
  const account = reader.take(32);
  const shownBy = reader.take(4);
  const secret = reader.take(32);
  const ends = reader.u64();
  const pass = reader.take(64);
  return { relay: text.slice(0, at), account, shownBy, secret, ends, pass };
}

/** The plaintext by which a new device asks. */
export function writeRequest(name: string, mailbox: Bytes): string {
  return JSON.stringify({ v: 1, name, mailbox: hex(mailbox) });
}

/** The plaintext of the first answer: what the link commits to. */
export function writeChallenge(opening: Bytes): string {
  return JSON.stringify({ v: 1, opening: Buffer.from(opening).toString('base64url') });
}

/** Why a device that asked is not added. */
export type RefusalReason = 'declined' | 'wrong_codes' | 'replaced';

/** The plaintext of the last answer, where the device is not added. */
export function writeRefusal(reason: RefusalReason): string {
  return JSON.stringify({ v: 1, reason });
}
