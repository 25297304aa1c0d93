/** A session: handshake, ratchet and body put together, as docs/protocol.md does in "Handshake", "Messages" and "Ratchet". */

import type { Bytes } from './bytes.ts';
import { refuse, same } from './bytes.ts';
import type { Position, Signed } from './content-signature.ts';
import { readBody, writeBody } from './content-signature.ts';
import type { Threads } from './continuity.ts';
import { ed25519Public, open, seal, sha256 } from './conventions.ts';
import type { Peer, Voucher } from './handshake.ts';
import * as handshake from './handshake.ts';
import type { Local } from './identities.ts';
import type { Direction, Header, Message } from './messages.ts';
import { bodyData, headerData, readMessage, writeHeader, writeMessage } from './messages.ts';
import type { Draw } from './post-quantum-ratchet.ts';
import { attach, count, takeAttachment } from './post-quantum-ratchet.ts';
import type { DevicePrekeys, PrekeySecrets } from './prekeys.ts';
import type { Ratchet } from './ratchet.ts';
import { cipher, nextToReceive, nextToSend, startInitiator, startResponder } from './ratchet.ts';
import { note } from './trace.ts';

/** What is left of the handshake. */
type Introduction = { kind: 'unanswered'; prologue: Bytes } | { kind: 'accepted'; digest: Bytes } | { kind: 'done' };

export interface Received {
  plaintext: Bytes;
  signed: Signed;
}

export class Session {
  constructor(
    readonly id: Bytes,
    private readonly local: Local,
    private readonly peer: Peer,
    private introduction: Introduction,
    private ratchet: Ratchet,
  ) {}

  static initiate(
    local: Local,
    peer: Peer,
    prekeys: DevicePrekeys,
    voucher: Voucher,
    now: number,
    draw: Draw,
  ): Session {
    const random = { ephemeral: draw('EK secret'), encapsulation: draw('encapsulation') };
    const { agreed, prologue, signedPrekey } = handshake.begin(local, peer, prekeys, voucher, now, random);
    const ratchet = startInitiator(agreed, signedPrekey, now, draw);
    return new Session(agreed.sessionId, local, peer, { kind: 'unanswered', prologue }, ratchet);
  }

  static accept(
    local: Local,
    secrets: PrekeySecrets,
    vouchers: Voucher[],
    bytes: Bytes,
    now: number,
  ): { session: Session; received: Received; openedAt: number; voucher: number } {
    const message = readMessage(bytes);
    const { agreed, peer, openedAt, voucher, prologueDigest } = handshake.accept(local, secrets, vouchers, message);
    const ratchet = startResponder(agreed, secrets.signed.secret, now);
    const session = new Session(agreed.sessionId, local, peer, { kind: 'accepted', digest: prologueDigest }, ratchet);
    return { session, received: session.open(message, now), openedAt, voucher };
  }

  get threads(): Threads {
    return this.ratchet.threads;
  }

  get epoch(): number {
    return this.ratchet.epochs.epoch;
  }

  encrypt(plaintext: Bytes, now: number, draw: Draw): { bytes: Bytes; signed: Signed } {
    const prologue = this.introduction.kind === 'unanswered' ? this.introduction.prologue : undefined;
    const direction = this.direction('out');
    const { header, chain, headerKey, messageKey } = nextToSend(this.ratchet, now, draw);
    const attachment = attach(this.ratchet.epochs, header.number, now, draw);
    count(this.ratchet.epochs);
    const { body, signed } = writeBody(
      this.local.signingSeed,
      position(direction, header, chain),
      attachment,
      plaintext,
    );
    const headerBytes = writeHeader(header);
    const headerNonce = draw('header nonce');
    note('header key', headerKey);
    note('header', headerBytes);
    note('body', body);
    const isInitial = prologue !== undefined;
    const headerCiphertext = seal(headerKey, headerNonce, headerData(isInitial, direction), headerBytes);
    const { key, nonce } = cipher(messageKey, headerNonce);
    const sealedBody = seal(key, nonce, bodyData(isInitial, direction, headerNonce, headerCiphertext), body);
    const bytes = writeMessage(prologue, { headerNonce, header: headerCiphertext, body: sealedBody });
    return { bytes, signed };
  }

  decrypt(bytes: Bytes, now: number): Received {
    return this.open(readMessage(bytes), now);
  }

  /** What is refused changes nothing: the new state replaces the old one at the very end. */
  private open({ prologue, sealed }: Message, now: number): Received {
    if (prologue) {
      if (this.introduction.kind !== 'accepted') return refuse('a first message that opened no session here');
      const digest = sha256(prologue.bytes);
      if (!same(digest, this.introduction.digest)) refuse('a first message of another handshake');
      note('handshake digest', digest);
    }
    const isInitial = prologue !== undefined;
    const direction = this.direction('in');
    const next = structuredClone(this.ratchet);
    const { headerNonce, header: headerCiphertext, body: bodyCiphertext } = sealed;
    const { header, chain, headerKey, messageKey } = nextToReceive(
      next,
      { nonce: headerNonce, ciphertext: headerCiphertext, associated: headerData(isInitial, direction) },
      now,
    );
    note('header key', headerKey);
    note('header', writeHeader(header));
    const { key, nonce } = cipher(messageKey, headerNonce);
    const associated = bodyData(isInitial, direction, headerNonce, headerCiphertext);
    const body = open(key, nonce, associated, bodyCiphertext);
    note('body', body);
    const { attachment, plaintext, signed } = readBody(position(direction, header, chain), body);
    count(next.epochs);
    if (attachment) takeAttachment(next.epochs, attachment);
    this.ratchet = next;
    if (this.introduction.kind === 'unanswered') this.introduction = { kind: 'done' };
    return { plaintext, signed };
  }

  private direction(way: 'in' | 'out'): Direction {
    const own = { account: this.local.account, device: ed25519Public(this.local.signingSeed) };
    const [sender, recipient] = way === 'out' ? [own, this.peer] : [this.peer, own];
    return {
      sessionId: this.id,
      senderAccount: sender.account,
      senderDevice: sender.device,
      recipientAccount: recipient.account,
      recipientDevice: recipient.device,
    };
  }
}

function position(direction: Direction, header: Header, chain: number): Position {
  return { ...direction, ...header, chain };
}
