/** docs/protocol.md, "Post-quantum ratchet". */

import type { Bytes } from './bytes.ts';
import { join, refuse, same, u32 } from './bytes.ts';
import type { Attachment } from './content-signature.ts';
import { checkKem, decapsulate, encapsulate, expand, kemKeys, sha256 } from './conventions.ts';
import { note } from './trace.ts';

export type Role = 'initiator' | 'responder';

/** Hands out random bytes by the name that docs/vectors/README.md gives them. */
export type Draw = (name: string) => Bytes;

/** A secret that both sides have, or are about to have. */
export interface Fresh {
  secret: Bytes;
  epoch: number;
  transcript: Bytes;
}

export type Rekey =
  | { state: 'Idle' }
  | { state: 'Offered'; seed: Bytes }
  | { state: 'Asked'; key: Bytes }
  | { state: 'Answered'; key: Bytes; ciphertext: Bytes; fresh: Fresh }
  | { state: 'Ready'; fresh: Fresh };

export interface Epochs {
  role: Role;
  /** How many secrets were mixed into the root key. */
  epoch: number;
  /** Messages of both sides since the epoch began. */
  messages: number;
  /** Milliseconds since the Unix epoch. */
  beganAt: number;
  rekey: Rekey;
}

const OFFER_AFTER_MESSAGES = 7;
const OFFER_AFTER = 7 * 24 * 60 * 60 * 1000;
const REPEAT_EACH = 16;

function offerer(epoch: number): Role {
  return epoch % 2 === 1 ? 'responder' : 'initiator';
}

function freshSecret(secret: Bytes, epoch: number, key: Bytes, ciphertext: Bytes): Fresh {
  const transcript = sha256(key, ciphertext);
  note('rekey transcript', transcript);
  return { secret, epoch, transcript };
}

function checkOf({ secret, epoch, transcript }: Fresh): Bytes {
  const [expanded] = expand(1, secret, join('sotto/v2/ratchet/ml-kem-check', u32(epoch), transcript));
  const check = expanded!.slice(0, 16);
  note('rekey check', check);
  return check;
}

/** What goes along with the message of this number that is about to be sent. */
export function attach(epochs: Epochs, number: number, now: number, draw: Draw): Attachment | undefined {
  const next = epochs.epoch + 1;
  const { rekey } = epochs;
  switch (rekey.state) {
    case 'Idle': {
      if (offerer(next) !== epochs.role || !isDue(epochs, now)) return undefined;
      const seed = draw('offer seed');
      epochs.rekey = { state: 'Offered', seed };
      return { kind: 'offer', epoch: next, key: kemKeys(seed).encapsulation };
    }
    case 'Offered':
      if (number % REPEAT_EACH !== 0) return undefined;
      return { kind: 'offer', epoch: next, key: kemKeys(rekey.seed).encapsulation };
    case 'Asked': {
      const { ciphertext, secret } = encapsulate(rekey.key, draw('answer encapsulation'));
      const fresh = freshSecret(secret, next, rekey.key, ciphertext);
      epochs.rekey = { state: 'Answered', key: rekey.key, ciphertext, fresh };
      return { kind: 'answer', epoch: next, ciphertext, check: checkOf(fresh) };
    }
    case 'Answered':
      if (number % REPEAT_EACH !== 0) return undefined;
      return { kind: 'answer', epoch: next, ciphertext: rekey.ciphertext, check: checkOf(rekey.fresh) };
    case 'Ready':
      return undefined;
  }
}

function isDue({ epoch, messages, beganAt }: Epochs, now: number): boolean {
  return epoch === 0 || messages >= OFFER_AFTER_MESSAGES || now - beganAt >= OFFER_AFTER;
}

/** Takes what came along with a message that was verified; the table's rows for any state first. */
export function takeAttachment(epochs: Epochs, attachment: Attachment): void {
  const next = epochs.epoch + 1;
  if (attachment.epoch < next) return;
  if (attachment.epoch > next) refuse('an attachment for an epoch to come');
  const isTheirs = offerer(next) !== epochs.role;
  if ((attachment.kind === 'offer') !== isTheirs) refuse(`the other side has no ${attachment.kind} to make`);
  if (attachment.kind === 'offer') checkKem(attachment.key);
  const { rekey } = epochs;
  if (attachment.kind === 'offer') {
    if (rekey.state === 'Answered' && same(rekey.key, attachment.key)) return;
    epochs.rekey = { state: 'Asked', key: attachment.key };
  } else if (rekey.state === 'Offered') {
    const { encapsulation, decapsulation } = kemKeys(rekey.seed);
    const secret = decapsulate(attachment.ciphertext, decapsulation);
    const fresh = freshSecret(secret, next, encapsulation, attachment.ciphertext);
    if (same(checkOf(fresh), attachment.check)) epochs.rekey = { state: 'Ready', fresh };
  }
}

/** A message was sent or received. */
export function count(epochs: Epochs): void {
  epochs.messages += 1;
}

/** The secret of the turn with which a sending chain begins, where one is ready. */
export function ready({ rekey }: Epochs): Fresh | undefined {
  return rekey.state === 'Ready' ? rekey.fresh : undefined;
}

/** The secret of the turn that a header of the next chain with this epoch takes. */
export function answered(epochs: Epochs, epoch: number): Fresh | undefined {
  if (epoch === epochs.epoch) return undefined;
  const { rekey } = epochs;
  if (rekey.state !== 'Answered' || epoch !== epochs.epoch + 1) refuse(`epoch ${epoch} is not agreed`);
  return rekey.fresh;
}

export function begin(epochs: Epochs, fresh: Fresh, now: number): void {
  Object.assign(epochs, { epoch: fresh.epoch, messages: 0, beganAt: now, rekey: { state: 'Idle' } });
}
