/** docs/protocol.md, "Ratchet": the Double Ratchet with header encryption, without the limits of time. */

import type { Bytes } from './bytes.ts';
import { Refused, join, refuse, same, u32 } from './bytes.ts';
import type { Threads } from './continuity.ts';
import { receivedTurn, tookTurn } from './continuity.ts';
import { agree, derive, expand, open, x25519Public } from './conventions.ts';
import type { Agreed } from './handshake.ts';
import type { Header } from './messages.ts';
import { readHeader } from './messages.ts';
import type { Draw, Epochs, Fresh, Role } from './post-quantum-ratchet.ts';
import { answered, begin, ready } from './post-quantum-ratchet.ts';
import { note } from './trace.ts';

const MAX_SKIP = 1000;

interface SendingChain {
  /** Which of this side's chains, from 1. */
  which: number;
  secret: Bytes;
  key: Bytes;
  headerKey: Bytes;
  epoch: number;
  number: number;
  previousLength: number;
}

interface ReceivingChain {
  /** Which of the peer's chains, from 1. */
  which: number;
  ratchetKey: Bytes;
  epoch: number;
  headerKey: Bytes;
  /** None once a later chain has begun. */
  key?: Bytes;
  /** The number of the next message. */
  number: number;
  skipped: Map<number, Bytes>;
}

type Sending =
  | { state: 'Awaiting'; secret: Bytes }
  | { state: 'Due'; previousLength: number; peer: Bytes }
  | { state: 'Sending'; chain: SendingChain };

export interface Ratchet {
  root: Bytes;
  sending: Sending;
  nextSendingHeaderKey: Bytes;
  nextReceivingHeaderKey: Bytes;
  /** The present one first. */
  receiving: ReceivingChain[];
  /** How many chains each side has begun. */
  begun: { own: number; peer: number };
  epochs: Epochs;
  threads: Threads;
}

export function start(role: Role, agreed: Agreed, now: number): Omit<Ratchet, 'sending'> {
  const isInitiator = role === 'initiator';
  return {
    root: agreed.root,
    nextSendingHeaderKey: isInitiator ? agreed.headerA : agreed.headerB,
    nextReceivingHeaderKey: isInitiator ? agreed.headerB : agreed.headerA,
    receiving: [],
    begun: { own: 0, peer: 0 },
    epochs: { role, epoch: 0, messages: 0, beganAt: now, rekey: { state: 'Idle' } },
    threads: isInitiator ? { received: agreed.thread, own: [] } : { own: [agreed.thread] },
  };
}

/** The initiator's: with a sending chain at once. */
export function startInitiator(agreed: Agreed, signedPrekey: Bytes, now: number, draw: Draw): Ratchet {
  const sending: Sending = { state: 'Due', previousLength: 0, peer: signedPrekey };
  const ratchet: Ratchet = { ...start('initiator', agreed, now), sending };
  turnToSend(ratchet, sending, now, draw);
  return ratchet;
}

export function startResponder(agreed: Agreed, signedPrekeySecret: Bytes, now: number): Ratchet {
  return { ...start('responder', agreed, now), sending: { state: 'Awaiting', secret: signedPrekeySecret } };
}

interface Turned {
  root: Bytes;
  chain: Bytes;
  nextHeaderKey: Bytes;
  thread: Bytes;
}

export function turn(root: Bytes, agreement: Bytes, fresh: Fresh | undefined): Turned {
  const input = fresh ? join(agreement, fresh.secret) : agreement;
  const info = fresh
    ? join('sotto/v2/ratchet/root-ml-kem', u32(fresh.epoch), fresh.transcript)
    : join('sotto/v2/ratchet/root');
  const [next, chain, nextHeaderKey, thread] = derive(4, root, input, info);
  note('turn input', input);
  note('turn root', next!);
  note('turn chain key', chain!);
  note('turn next header key', nextHeaderKey!);
  note('turn thread', thread!);
  return { root: next!, chain: chain!, nextHeaderKey: nextHeaderKey!, thread: thread! };
}

export function step(chainKey: Bytes): { message: Bytes; chain: Bytes } {
  const [message] = expand(1, chainKey, join('sotto/v2/ratchet/message'));
  const [chain] = expand(1, chainKey, join('sotto/v2/ratchet/chain'));
  note('message key', message!);
  note('chain key', chain!);
  return { message: message!, chain: chain! };
}

/** The key and nonce of a body. */
export function cipher(messageKey: Bytes, headerNonce: Bytes): { key: Bytes; nonce: Bytes } {
  const [key, x] = expand(2, messageKey, join('sotto/v2/message/cipher', headerNonce));
  const nonce = x!.slice(0, 24);
  note('cipher key', key!);
  note('cipher nonce', nonce);
  return { key: key!, nonce };
}

function turnToSend(ratchet: Ratchet, due: Sending & { state: 'Due' }, now: number, draw: Draw): SendingChain {
  const { epochs } = ratchet;
  const fresh = ready(epochs);
  const secret = draw('ratchet key');
  const turned = turn(ratchet.root, agree(secret, due.peer), fresh);
  if (fresh) begin(epochs, fresh, now);
  ratchet.begun.own += 1;
  const chain: SendingChain = {
    which: ratchet.begun.own,
    secret,
    key: turned.chain,
    headerKey: ratchet.nextSendingHeaderKey,
    epoch: epochs.epoch,
    number: 0,
    previousLength: due.previousLength,
  };
  ratchet.root = turned.root;
  ratchet.nextSendingHeaderKey = turned.nextHeaderKey;
  tookTurn(ratchet.threads, turned.thread);
  ratchet.sending = { state: 'Sending', chain };
  return chain;
}

/** The next key to send under, with the header that says so. */
export function nextToSend(
  ratchet: Ratchet,
  now: number,
  draw: Draw,
): { header: Header; chain: number; headerKey: Bytes; messageKey: Bytes } {
  const { sending } = ratchet;
  if (sending.state === 'Awaiting') return refuse('nothing to be sent before the first message');
  const chain = sending.state === 'Due' ? turnToSend(ratchet, sending, now, draw) : sending.chain;
  const { message, chain: next } = step(chain.key);
  const { epoch, previousLength, number, headerKey } = chain;
  const header = { ratchetKey: x25519Public(chain.secret), epoch, previousLength, number };
  chain.key = next;
  chain.number += 1;
  return { header, chain: chain.which, headerKey, messageKey: message };
}

/** Tries the header under each key that could be its own, and gives the message's key. */
export function nextToReceive(
  ratchet: Ratchet,
  sealed: { nonce: Bytes; ciphertext: Bytes; associated: Bytes },
  now: number,
): { header: Header; chain: number; headerKey: Bytes; messageKey: Bytes } {
  const tried = (key: Bytes): Header | undefined => {
    try {
      return readHeader(open(key, sealed.nonce, sealed.associated, sealed.ciphertext));
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  };
  for (const chain of ratchet.receiving) {
    const header = tried(chain.headerKey);
    if (header) {
      return { header, chain: chain.which, headerKey: chain.headerKey, messageKey: fromChain(chain, header) };
    }
  }
  const headerKey = ratchet.nextReceivingHeaderKey;
  const header = tried(headerKey);
  if (!header) return refuse('a header that opens under no key');
  const messageKey = fromNextChain(ratchet, header, now);
  return { header, chain: ratchet.begun.peer, headerKey, messageKey };
}

function fromChain(chain: ReceivingChain, { ratchetKey, epoch, number }: Header): Bytes {
  if (epoch !== chain.epoch) refuse("another epoch than the chain's");
  if (chain.key && !same(ratchetKey, chain.ratchetKey)) refuse("another ratchet key than the chain's");
  if (number >= chain.number && chain.key) {
    skipTo(chain, number);
    return advance(chain);
  }
  const skipped = chain.skipped.get(number);
  if (!skipped) return refuse('a message that was received before');
  chain.skipped.delete(number);
  return skipped;
}

function fromNextChain(ratchet: Ratchet, { ratchetKey, epoch, previousLength, number }: Header, now: number): Bytes {
  const { sending, epochs } = ratchet;
  if (sending.state === 'Due') return refuse('a chain that cannot have begun');
  const fresh = answered(epochs, epoch);
  const [present] = ratchet.receiving;
  if (present) {
    if (previousLength < present.number) refuse('a chain shorter than what was received of it');
    skipTo(present, previousLength);
    delete present.key;
  } else if (previousLength !== 0) refuse('a length of no chain');
  const secret = sending.state === 'Awaiting' ? sending.secret : sending.chain.secret;
  const turned = turn(ratchet.root, agree(secret, ratchetKey), fresh);
  if (fresh) begin(epochs, fresh, now);
  ratchet.begun.peer += 1;
  const chain: ReceivingChain = {
    which: ratchet.begun.peer,
    ratchetKey,
    epoch,
    headerKey: ratchet.nextReceivingHeaderKey,
    key: turned.chain,
    number: 0,
    skipped: new Map<number, Bytes>(),
  };
  ratchet.root = turned.root;
  ratchet.nextReceivingHeaderKey = turned.nextHeaderKey;
  receivedTurn(ratchet.threads, turned.thread);
  ratchet.receiving = [chain, ...ratchet.receiving.filter((older) => older.skipped.size > 0)];
  const sent = sending.state === 'Sending' ? sending.chain.number : 0;
  ratchet.sending = { state: 'Due', previousLength: sent, peer: ratchetKey };
  skipTo(chain, number);
  return advance(chain);
}

function advance(chain: ReceivingChain): Bytes {
  const { message, chain: next } = step(chain.key!);
  chain.key = next;
  chain.number += 1;
  return message;
}

function skipTo(chain: ReceivingChain, number: number): void {
  if (number - chain.number > MAX_SKIP) refuse('too many messages skipped');
  while (chain.number < number) {
    const at = chain.number;
    chain.skipped.set(at, advance(chain));
  }
}
