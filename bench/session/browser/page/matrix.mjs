// Matrix's crypto in WASM: an Olm session between two machines, by to-device events. It includes
// JSON both ways and the machine's store (in memory), as everything built on the package does.
import * as matrix from '@matrix-org/matrix-sdk-crypto-wasm';

await matrix.initAsync();

const { DeviceId, DeviceLists, OlmMachine, RequestType, UserId } = matrix;

/** One device of one user. */
class Machine {
  static async create(name) {
    const machine = new Machine();
    machine.name = `@${name}:example.org`;
    machine.device = name.toUpperCase();
    machine.inner = await OlmMachine.initialize(new UserId(machine.name), new DeviceId(machine.device));
    const requests = await machine.inner.outgoingRequests();
    const upload = requests.find(({ type }) => type === RequestType.KeysUpload);
    machine.published = JSON.parse(upload.body);
    machine.oneTime = Object.entries(machine.published.one_time_keys);
    const counts = { one_time_key_counts: { signed_curve25519: machine.oneTime.length } };
    await machine.inner.markRequestAsSent(upload.id, upload.type, JSON.stringify(counts));
    return machine;
  }

  /** Learns the other's device from what the server would answer. */
  async learns(other) {
    await this.inner.updateTrackedUsers([new UserId(other.name)]);
    const requests = await this.inner.outgoingRequests();
    const query = requests.find(({ type }) => type === RequestType.KeysQuery);
    const device_keys = { [other.name]: { [other.device]: other.published.device_keys } };
    await this.inner.markRequestAsSent(query.id, query.type, JSON.stringify({ device_keys, failures: {} }));
    this.peer = await this.inner.getDevice(new UserId(other.name), new DeviceId(other.device));
    this.claimed = claimOf(other);
  }

  async opens(other) {
    const claim = await this.inner.getMissingSessions([new UserId(other.name)]);
    await this.inner.markRequestAsSent(claim.id, claim.type, this.claimed);
  }

  /** An encrypted event's content, as text. */
  encrypts(content) {
    return this.peer.encryptToDeviceEvent('org.example.text', content);
  }

  async receives(from, content) {
    const events = `[{"sender":"${from.name}","type":"m.room.encrypted","content":${content}}]`;
    const counts = new Map([['signed_curve25519', 50]]);
    const [event] = await this.inner.receiveSyncChanges(events, new DeviceLists([], []), counts);
    if (!(event instanceof matrix.DecryptedToDeviceEvent)) throw new Error('the event was not decrypted');
  }

  free() {
    this.peer.free();
    this.inner.free();
  }
}

/** What the server answers to who claims a one-time key. */
function claimOf({ name, device, oneTime }) {
  const [id, key] = oneTime.pop();
  return JSON.stringify({ one_time_keys: { [name]: { [device]: { [id]: key } } }, failures: {} });
}

/** Two people, before they write. */
export class Strangers {
  static async create() {
    const strangers = new Strangers();
    const both = [await Machine.create('alice'), await Machine.create('bob')];
    await both[0].learns(both[1]);
    await both[1].learns(both[0]);
    strangers.both = both;
    return strangers;
  }

  /** A session and its first message. */
  async meet(content) {
    const [initiator, responder] = this.both;
    await initiator.opens(responder);
    await responder.receives(initiator, await initiator.encrypts(content));
  }

  free() {
    for (const machine of this.both) machine.free();
  }
}

/** Two people with a session that both have used once. */
export class Pair {
  static async create() {
    const pair = new Pair();
    const strangers = await Strangers.create();
    await strangers.meet({ body: 'hello' });
    pair.both = strangers.both;
    await pair.say(1, { body: 'hello yourself' });
    return pair;
  }

  /** A whole message; gives its length on the wire. */
  async say(from, content) {
    const encrypted = await this.both[from].encrypts(content);
    await this.both[1 - from].receives(this.both[from], encrypted);
    return encrypted.length;
  }

  free() {
    for (const machine of this.both) machine.free();
  }
}
