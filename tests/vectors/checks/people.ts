/** The two people of handshakes and conversations, from a vector's randomness. */

import { ed25519Public } from '../protocol/conventions.ts';
import type { Peer } from '../protocol/handshake.ts';
import type { Local } from '../protocol/identities.ts';
import { device, signDeviceList } from '../protocol/identities.ts';
import type { DevicePrekeys, PrekeySecrets } from '../protocol/prekeys.ts';
import { publish } from '../protocol/prekeys.ts';
import type { Vector } from './vector.ts';

export interface Strangers {
  alice: Local;
  bob: Local;
  /** Bob, as Alice finds him. */
  peer: Peer;
  prekeys: DevicePrekeys;
  secrets: PrekeySecrets;
}

export function meet(vector: Vector): Strangers {
  const alice = person(vector, 'A', vector.number('A list version'), vector.number('A list created at'));
  const bob = person(vector, 'B', 1, 0);
  const { signing, agreement } = device(bob.signingSeed, bob.agreementSecret);
  const secrets: PrekeySecrets = {
    signed: { id: vector.number('SPK id'), secret: vector.draw('SPK secret') },
    ...(vector.has('OPK id') && { oneTime: { id: vector.number('OPK id'), secret: vector.draw('OPK secret') } }),
    kem: { id: vector.number('KEM id'), seed: vector.draw('KEM seed'), lastResort: vector.flag('last resort') },
  };
  const prekeys = publish(bob.signingSeed, secrets);
  vector.gives('SPK', prekeys.signed.key);
  vector.gives('SPK signature', prekeys.signed.signature);
  if (prekeys.oneTime) vector.gives('OPK', prekeys.oneTime.key);
  vector.gives('KEM key', prekeys.kem.key);
  vector.gives('KEM signature', prekeys.kem.signature);
  return { alice, bob, peer: { account: bob.account, device: signing, agreement }, prekeys, secrets };
}

function person(vector: Vector, name: string, version: number, createdAt: number): Local {
  const accountSeed = vector.draw(`${name} account seed`);
  const signingSeed = vector.draw(`${name} device seed`);
  const agreementSecret = vector.draw(`${name} agreement secret`);
  const account = ed25519Public(accountSeed);
  const own = device(signingSeed, agreementSecret);
  vector.gives(`${name} account`, account);
  vector.gives(`${name} device`, own.signing);
  vector.gives(`${name} agreement key`, own.agreement);
  const list = signDeviceList(accountSeed, { account, version, createdAt, devices: [own] });
  return { account, signingSeed, agreementSecret, list };
}
