// What our session asks of its primitives, asked of somebody else's: PQXDH and a Double Ratchet with
// header encryption, the same lengths, each message signed. It has no skipped keys, no rekeys, no storage
// and no checks beyond the primitives' own: it is less than a session, and no slower than one could be.

/** Version, kind, session, both accounts and devices. */
const HEADER_DATA = 162;

/** Session, accounts, devices, ratchet key and number, with two digests. */
const SIGNED = 294;

const text = (label) => new TextEncoder().encode(label);
const LABELS = { message: text('composed/message'), chain: text('composed/chain'), cipher: text('composed/cipher') };
const ROOT = text('composed/root');
const MIX = text('composed/mix');

function concat(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Padmé, from 256 bytes on. */
function padded(length) {
  const least = Math.max(length, 256);
  const exponent = 31 - Math.clz32(least);
  const mask = (1 << (exponent - (32 - Math.clz32(exponent)))) - 1;
  return (least + mask) & ~mask;
}

/** HKDF-Expand (RFC 5869) to so many keys of 32 bytes. */
function expand({ hmac }, key, info, count) {
  const keys = [];
  let last = new Uint8Array();
  for (let block = 1; block <= count; block += 1) {
    last = hmac(key, concat(last, info, Uint8Array.of(block)));
    keys.push(last);
  }
  return keys;
}

const derive = (primitives, salt, input, info, count) => expand(primitives, primitives.hmac(salt, input), info, count);

/** Somebody with one device, and prekeys. */
export class Person {
  constructor(primitives) {
    this.primitives = primitives;
    this.account = primitives.signingKeys();
    this.signing = primitives.signingKeys();
    this.agreement = primitives.agreementKeys();
    this.signedPrekey = primitives.agreementKeys();
    this.list = concat(this.account.public, this.signing.public, this.agreement.public, new Uint8Array(64));
    this.listSignature = primitives.sign(this.account.secret, this.list);
  }

  oneTimePrekeys() {
    return { agreement: this.primitives.agreementKeys(), kem: this.primitives.kemKeys() };
  }
}

/** The chaining key and the running hash of a handshake. */
class Transcript {
  constructor(primitives, bytes) {
    this.primitives = primitives;
    this.hashed = primitives.hash(bytes);
    this.key = this.hashed;
  }

  /** Mixes a secret in and gives a key for one ciphertext. */
  mix(secret, seen) {
    this.hashed = this.primitives.hash(concat(this.hashed, seen));
    const [chaining, key] = derive(this.primitives, this.key, secret, concat(MIX, this.hashed), 2);
    this.key = chaining;
    return key;
  }

  session() {
    const [root, initiatorHeader, responderHeader] = expand(this.primitives, this.key, this.hashed, 4);
    return { root, headers: [initiatorHeader, responderHeader] };
  }
}

const ONCE = new Uint8Array(24);

/** A handshake and its first message, sent and taken. Gives both ends. */
export function meet(primitives, initiator, responder, oneTime, plaintext) {
  const { agree, agreementKeys, seal, open, encapsulate, decapsulate, verify } = primitives;
  const start = concat(responder.agreement.public, responder.signedPrekey.public, new Uint8Array(68));

  // What the initiator does.
  const ephemeral = agreementKeys();
  let transcript = new Transcript(primitives, concat(start, ephemeral.public));
  let key = transcript.mix(agree(ephemeral.secret, responder.signedPrekey.public), ephemeral.public);
  const selector = seal(key, ONCE, transcript.hashed, new Uint8Array(8));
  const { ciphertext, shared } = encapsulate(oneTime.kem.public);
  const first = agree(ephemeral.secret, oneTime.agreement.public);
  const second = agree(ephemeral.secret, responder.agreement.public);
  key = transcript.mix(concat(first, second, shared), concat(selector, ciphertext));
  key = transcript.mix(ONCE, key);
  const block = new Uint8Array(512);
  block.set(initiator.list);
  block.set(initiator.listSignature, initiator.list.length);
  const identity = seal(key, ONCE, transcript.hashed, block);
  transcript.mix(agree(initiator.agreement.secret, responder.signedPrekey.public), identity);
  const sender = End.initiator(primitives, initiator, transcript.session(), responder);
  const message = sender.encrypt(plaintext);

  // What the responder does.
  transcript = new Transcript(primitives, concat(start, ephemeral.public));
  key = transcript.mix(agree(responder.signedPrekey.secret, ephemeral.public), ephemeral.public);
  open(key, ONCE, transcript.hashed, selector);
  const secret = decapsulate(oneTime.kem.secret, ciphertext);
  const third = agree(oneTime.agreement.secret, ephemeral.public);
  const fourth = agree(responder.agreement.secret, ephemeral.public);
  key = transcript.mix(concat(third, fourth, secret), concat(selector, ciphertext));
  key = transcript.mix(ONCE, key);
  const opened = open(key, ONCE, transcript.hashed, identity);
  const list = opened.subarray(0, initiator.list.length);
  const signature = opened.subarray(list.length, list.length + 64);
  if (!verify(list.subarray(0, 32), list, signature)) throw new Error('the list is not signed');
  transcript.mix(agree(responder.signedPrekey.secret, list.subarray(64, 96)), identity);
  const receiver = End.responder(primitives, responder, transcript.session(), initiator);
  receiver.decrypt(message);
  return [sender, receiver];
}

/** One end of a session. */
class End {
  static initiator(primitives, person, { root, headers }, peer) {
    const end = new End(primitives, person, peer, root);
    end.peerKey = peer.signedPrekey.public;
    end.sendingHeader = headers[0];
    end.receivingHeader = headers[1];
    end.turn();
    return end;
  }

  static responder(primitives, person, { root, headers }, peer) {
    const end = new End(primitives, person, peer, root);
    end.own = person.signedPrekey;
    end.sendingHeader = headers[1];
    end.receivingHeader = headers[0];
    return end;
  }

  constructor(primitives, person, peer, root) {
    this.primitives = primitives;
    this.signing = person.signing;
    this.peer = peer.signing.public;
    this.root = root;
    this.data = new Uint8Array(HEADER_DATA);
    this.due = false;
  }

  /** Begins a sending chain; `sendingHeader` is always the next chain's. */
  turn() {
    const { primitives } = this;
    this.own = primitives.agreementKeys();
    const header = this.sendingHeader;
    const [root, chain, next] = this.step(primitives.agree(this.own.secret, this.peerKey));
    this.root = root;
    this.sendingHeader = next;
    this.sending = { header, chain, number: 0 };
    this.due = false;
  }

  step(agreement) {
    return derive(this.primitives, this.root, agreement, ROOT, 4);
  }

  /** The next message's key. */
  advance(chain) {
    const [message] = expand(this.primitives, chain.chain, LABELS.message, 1);
    [chain.chain] = expand(this.primitives, chain.chain, LABELS.chain, 1);
    chain.number += 1;
    return message;
  }

  cipher(message, nonce) {
    const [key, long] = expand(this.primitives, message, concat(LABELS.cipher, nonce), 2);
    return [key, long.subarray(0, 24)];
  }

  signed(key, at, plaintext) {
    const { hash } = this.primitives;
    const content = new Uint8Array(SIGNED);
    content.set(key, 178);
    content.set(number(at), 210);
    content.set(hash(Uint8Array.of(0)), 214);
    content.set(hash(plaintext), 246);
    return content;
  }

  encrypt(plaintext) {
    const { seal, sign } = this.primitives;
    if (this.due) this.turn();
    const { header, number: at } = this.sending;
    const message = this.advance(this.sending);
    const body = new Uint8Array(padded(69 + plaintext.length));
    body.set(sign(this.signing.secret, this.signed(this.own.public, at, plaintext)));
    body.set(number(plaintext.length), 65);
    body.set(plaintext, 69);
    const nonce = crypto.getRandomValues(new Uint8Array(24));
    const place = seal(header, nonce, this.data, concat(this.own.public, number(0), number(0), number(at)));
    const [key, single] = this.cipher(message, nonce);
    const sealed = seal(key, single, concat(this.data, nonce, place), body);
    return concat(Uint8Array.of(2, 2), nonce, place, sealed);
  }

  decrypt(bytes) {
    const { open, verify, agree } = this.primitives;
    const [nonce, place, sealed] = [bytes.subarray(2, 26), bytes.subarray(26, 86), bytes.subarray(86)];
    let header = this.receiving && open(this.receiving.header, nonce, this.data, place);
    if (!header) {
      header = open(this.receivingHeader, nonce, this.data, place);
      this.peerKey = header.slice(0, 32);
      const [root, chain, next] = this.step(agree(this.own.secret, this.peerKey));
      this.receiving = { header: this.receivingHeader, chain, number: 0 };
      this.root = root;
      this.receivingHeader = next;
      this.due = true;
    }
    const at = this.receiving.number;
    const [key, single] = this.cipher(this.advance(this.receiving), nonce);
    const body = open(key, single, concat(this.data, nonce, place), sealed);
    const length = new DataView(body.buffer, body.byteOffset).getUint32(65);
    const plaintext = body.slice(69, 69 + length);
    const content = this.signed(this.peerKey, at, plaintext);
    if (!verify(this.peer, content, body.subarray(0, 64))) throw new Error('the message is not signed');
    return plaintext;
  }
}

/** Two people with a session that both have used once. */
export class Pair {
  constructor(primitives) {
    const [initiator, responder] = [new Person(primitives), new Person(primitives)];
    const hello = text('hello');
    this.ends = meet(primitives, initiator, responder, responder.oneTimePrekeys(), hello);
    this.say(1, hello);
  }

  /** A whole message; gives its length on the wire. */
  say(from, plaintext) {
    const bytes = this.ends[from].encrypt(plaintext);
    const read = this.ends[1 - from].decrypt(bytes);
    if (read.length !== plaintext.length) throw new Error('another text came out');
    return bytes.length;
  }
}
