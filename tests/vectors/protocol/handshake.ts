/** docs/protocol.md, "Handshake": its 14 steps, from either side. */

import type { Bytes } from './bytes.ts';
import { Reader, isZero, join, refuse, same, u16, u32, u64, zeros } from './bytes.ts';
import type { Local, SignedDeviceList } from './identities.ts';
import { verifyDeviceList } from './identities.ts';
import {
  agree,
  decapsulate,
  derive,
  ed25519Public,
  encapsulate,
  expand,
  kemKeys,
  open,
  seal,
  sha256,
  x25519Public,
} from './conventions.ts';
import type { Message } from './messages.ts';
import { VERSION, writePrologue } from './messages.ts';
import type { DevicePrekeys, PrekeySecrets } from './prekeys.ts';
import { verifyPrekeys } from './prekeys.ts';
import { note } from './trace.ts';

/** What the initiator knows beside its keys. */
export type Voucher = { kind: 'invitation' | 'continuity'; secret: Bytes } | { kind: 'none' };

/** A device of somebody else's, as its account's list names it. */
export interface Peer {
  account: Bytes;
  device: Bytes;
  agreement: Bytes;
}

/** What the handshake gives. */
export interface Agreed {
  sessionId: Bytes;
  root: Bytes;
  headerA: Bytes;
  headerB: Bytes;
  thread: Bytes;
}

class Transcript {
  #h: Bytes;
  #ck: Bytes;

  constructor() {
    this.#h = sha256(join('sotto/v2/handshake', 0, VERSION));
    this.#ck = this.#h;
    note('1 h', this.#h);
  }

  /** A copy, to try a voucher on. */
  copy(): Transcript {
    const copy = new Transcript();
    copy.#h = this.#h;
    copy.#ck = this.#ck;
    return copy;
  }

  mixHash(step: number, ...parts: Bytes[]): void {
    this.#h = sha256(this.#h, ...parts);
    note(`${step} h`, this.#h);
  }

  mixKey(step: number, label: string, secret: Bytes): Bytes {
    const [ck, k] = derive(2, this.#ck, secret, join(`sotto/v2/handshake/${label}`));
    this.#ck = ck!;
    note(`${step} input`, secret);
    note(`${step} ck`, ck!);
    note(`${step} k`, k!);
    return k!;
  }

  sealBlock(step: number, k: Bytes, block: Bytes): Bytes {
    const ciphertext = seal(k, zeros(24), this.#h, block);
    this.mixHash(step, ciphertext);
    return ciphertext;
  }

  openBlock(step: number, k: Bytes, ciphertext: Bytes): Bytes {
    const block = open(k, zeros(24), this.#h, ciphertext);
    this.mixHash(step, ciphertext);
    return block;
  }

  /** Step 7. */
  mixVoucher(voucher: Voucher): Bytes {
    return voucher.kind === 'none'
      ? this.mixKey(7, 'no-voucher', zeros(32))
      : this.mixKey(7, voucher.kind, voucher.secret);
  }

  /** Steps 13 and 14. */
  finish(): Agreed {
    const [root, headerA, headerB, thread] = expand(4, this.#ck, join('sotto/v2/handshake/session', this.#h));
    const sessionId = sha256(join('sotto/v2/session-id', 0), this.#h);
    note('13 root', root!);
    note('13 header_A', headerA!);
    note('13 header_B', headerB!);
    note('13 thread', thread!);
    note('14 session id', sessionId);
    return { sessionId, root: root!, headerA: headerA!, headerB: headerB!, thread: thread! };
  }
}

export interface Opening {
  agreed: Agreed;
  prologue: Bytes;
  signedPrekey: Bytes;
}

/** The initiator's side. */
export function begin(
  local: Local,
  peer: Peer,
  prekeys: DevicePrekeys,
  voucher: Voucher,
  openedAt: number,
  random: { ephemeral: Bytes; encapsulation: Bytes },
): Opening {
  verifyPrekeys(peer.device, prekeys);
  const { signed, oneTime, kem } = prekeys;
  const ephemeral = x25519Public(random.ephemeral);
  const transcript = new Transcript();
  transcript.mixHash(2, peer.account, peer.device, peer.agreement, u32(signed.id), signed.key, ephemeral);
  const k1 = transcript.mixKey(3, 'selector', agree(random.ephemeral, signed.key));
  const selected = join(u32(oneTime?.id ?? 0), u32(kem.id));
  note('4 selector', selected);
  const selector = transcript.sealBlock(4, k1, selected);
  const { ciphertext, secret } = encapsulate(kem.key, random.encapsulation);
  transcript.mixHash(5, ...(oneTime ? [oneTime.key] : []), kem.key, ciphertext);
  transcript.mixKey(6, 'ml-kem-768', secret);
  const k2 = transcript.mixVoucher(voucher);
  const device = ed25519Public(local.signingSeed);
  const block = writeIdentity({ account: local.account, device, openedAt, list: local.list });
  note('8 identity block', block);
  const identity = transcript.sealBlock(8, k2, block);
  transcript.mixHash(9, local.account, device, x25519Public(local.agreementSecret));
  transcript.mixKey(10, 'identity-to-prekey', agree(local.agreementSecret, signed.key));
  transcript.mixKey(11, 'ephemeral-to-identity', agree(random.ephemeral, peer.agreement));
  if (oneTime) transcript.mixKey(12, 'ephemeral-to-one-time', agree(random.ephemeral, oneTime.key));
  const prologue = writePrologue({ signedPrekeyId: signed.id, ephemeral, selector, ciphertext, identity });
  return { agreed: transcript.finish(), prologue, signedPrekey: signed.key };
}

export interface Accepted {
  agreed: Agreed;
  peer: Peer;
  openedAt: number;
  /** Which of the vouchers it was, from 0. */
  voucher: number;
  /** The digest by which further first messages are recognised. */
  prologueDigest: Bytes;
}

/** The responder's side. */
export function accept(local: Local, secrets: PrekeySecrets, vouchers: Voucher[], { prologue }: Message): Accepted {
  if (!prologue) return refuse('no first message');
  const { handshake } = prologue;
  if (handshake.signedPrekeyId !== secrets.signed.id) refuse('a signed prekey that is not held');
  const spk = secrets.signed.secret;
  const device = ed25519Public(local.signingSeed);
  const transcript = new Transcript();
  const { ephemeral } = handshake;
  const ownAgreement = x25519Public(local.agreementSecret);
  transcript.mixHash(2, local.account, device, ownAgreement, u32(secrets.signed.id), x25519Public(spk), ephemeral);
  const k1 = transcript.mixKey(3, 'selector', agree(spk, ephemeral));
  const selected = transcript.openBlock(4, k1, handshake.selector);
  note('4 selector', selected);
  const selector = new Reader(selected);
  const oneTimeId = selector.u32();
  if (oneTimeId !== 0 && oneTimeId !== secrets.oneTime?.id) refuse('a one-time prekey that is not held');
  if (selector.u32() !== secrets.kem.id) refuse('an ML-KEM prekey that is not held');
  const oneTime = oneTimeId === 0 ? undefined : secrets.oneTime?.secret;
  const kem = kemKeys(secrets.kem.seed);
  transcript.mixHash(5, ...(oneTime ? [x25519Public(oneTime)] : []), kem.encapsulation, handshake.ciphertext);
  transcript.mixKey(6, 'ml-kem-768', decapsulate(handshake.ciphertext, kem.decapsulation));
  const { identity, known, voucher } = openIdentity(transcript, vouchers, handshake.identity);
  const list = verifyDeviceList(identity.account, identity.list);
  const listed = list.devices.find((each) => same(each.signing, identity.device));
  if (!listed) return refuse('a device that is not on its list');
  if (same(identity.device, device)) refuse('the own device');
  known.mixHash(9, identity.account, identity.device, listed.agreement);
  known.mixKey(10, 'identity-to-prekey', agree(spk, listed.agreement));
  known.mixKey(11, 'ephemeral-to-identity', agree(local.agreementSecret, ephemeral));
  if (oneTime) known.mixKey(12, 'ephemeral-to-one-time', agree(oneTime, ephemeral));
  const prologueDigest = sha256(prologue.bytes);
  note('handshake digest', prologueDigest);
  return {
    agreed: known.finish(),
    peer: { account: identity.account, device: identity.device, agreement: listed.agreement },
    openedAt: identity.openedAt,
    voucher,
    prologueDigest,
  };
}

function openIdentity(
  transcript: Transcript,
  vouchers: Voucher[],
  ciphertext: Bytes,
): { identity: Identity; known: Transcript; voucher: number } {
  for (const [voucher, each] of vouchers.entries()) {
    const known = transcript.copy();
    const k2 = known.mixVoucher(each);
    let block;
    try {
      block = known.openBlock(8, k2, ciphertext);
    } catch {
      continue;
    }
    note('8 identity block', block);
    return { identity: readIdentity(block), known, voucher };
  }
  return refuse('an identity that opens under none of the vouchers');
}

interface Identity {
  account: Bytes;
  device: Bytes;
  openedAt: number;
  list: SignedDeviceList;
}

function writeIdentity({ account, device, openedAt, list }: Identity): Bytes {
  const block = join(account, device, u64(openedAt), u16(list.list.length), list.list, list.signature);
  return join(block, zeros((512 - (block.length % 512)) % 512));
}

function readIdentity(block: Bytes): Identity {
  const reader = new Reader(block);
  const account = reader.take(32);
  const device = reader.take(32);
  const openedAt = reader.u64();
  if (openedAt >= 2 ** 47) refuse('a time after the year 6429');
  const list = { list: reader.take(reader.u16()), signature: reader.take(64) };
  if (reader.left >= 512 || !isZero(reader.rest())) refuse('an identity block in another form');
  return { account, device, openedAt, list };
}
