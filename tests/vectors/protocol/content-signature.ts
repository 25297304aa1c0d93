/** docs/protocol.md, "Content signature": a body in the clear, and what its sender signs. */

import type { Bytes } from './bytes.ts';
import { Reader, isZero, join, refuse, u32, u64, zeros } from './bytes.ts';
import { KEM_CIPHERTEXT, KEM_KEY, sha256, sign, verify } from './conventions.ts';
import { padded } from './padding.ts';
import { note } from './trace.ts';

/** What goes along with a message to renew the root key (Post-quantum ratchet). */
export type Attachment =
  { kind: 'offer'; epoch: number; key: Bytes } | { kind: 'answer'; epoch: number; ciphertext: Bytes; check: Bytes };

/** Who writes to whom, where in the conversation. */
export interface Position {
  senderAccount: Bytes;
  senderDevice: Bytes;
  recipientAccount: Bytes;
  recipientDevice: Bytes;
  sessionId: Bytes;
  ratchetKey: Bytes;
  /** Which of the sender's chains, from 1. */
  chain: number;
  epoch: number;
  previousLength: number;
  number: number;
}

export function encodeAttachment(attachment: Attachment | undefined): Bytes {
  if (!attachment) return Uint8Array.of(0);
  const { epoch } = attachment;
  return attachment.kind === 'offer'
    ? join(1, u32(epoch), attachment.key)
    : join(2, u32(epoch), attachment.ciphertext, attachment.check);
}

/** The 294 bytes under the signature. */
export function signedContent(position: Position, attachment: Bytes, plaintext: Bytes): Bytes {
  const digests = { attachment: sha256(attachment), plaintext: sha256(plaintext) };
  note('attachment digest', digests.attachment);
  note('plaintext digest', digests.plaintext);
  const { senderAccount, senderDevice, recipientAccount, recipientDevice } = position;
  const { sessionId, ratchetKey, chain, epoch, previousLength, number } = position;
  const header = [ratchetKey, u64(chain), u32(epoch), u32(previousLength), u32(number)];
  const parties = [senderAccount, senderDevice, recipientAccount, recipientDevice];
  return join(join('sotto/v2/message', 0, 2, ...parties, sessionId, ...header), digests.attachment, digests.plaintext);
}

export interface Signed {
  content: Bytes;
  signature: Bytes;
}

/** A body in the clear, padded, and the statement in it. */
export function writeBody(
  signingSeed: Bytes,
  position: Position,
  attachment: Attachment | undefined,
  plaintext: Bytes,
): { body: Bytes; signed: Signed } {
  const attached = encodeAttachment(attachment);
  const content = signedContent(position, attached, plaintext);
  const signature = sign(signingSeed, content);
  const filled = join(signature, attached, u32(plaintext.length), plaintext);
  const body = join(filled, zeros(padded(filled.length) - filled.length));
  return { body, signed: { content, signature } };
}

/** Reads what `writeBody` wrote, and refuses any other form, padding or signature. */
export function readBody(
  position: Position,
  body: Bytes,
): { attachment: Attachment | undefined; plaintext: Bytes; signed: Signed } {
  const reader = new Reader(body);
  const signature = reader.take(64);
  const attachment = readAttachment(reader);
  const attached = body.slice(64, reader.at);
  const plaintext = reader.take(reader.u32());
  const filled = reader.at;
  if (!isZero(reader.rest())) refuse('padding that is not zero');
  if (padded(filled) !== body.length) refuse(`a body padded to ${body.length} instead of ${padded(filled)} bytes`);
  const content = signedContent(position, attached, plaintext);
  verify(position.senderDevice, content, signature);
  return { attachment, plaintext, signed: { content, signature } };
}

export function readAttachment(reader: Reader): Attachment | undefined {
  switch (reader.byte()) {
    case 0:
      return undefined;
    case 1:
      return { kind: 'offer', epoch: reader.u32(), key: reader.take(KEM_KEY) };
    case 2:
      return { kind: 'answer', epoch: reader.u32(), ciphertext: reader.take(KEM_CIPHERTEXT), check: reader.take(16) };
    default:
      return refuse('an unknown attachment');
  }
}
