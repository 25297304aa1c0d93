// What page and worker say to each other.

import type { Command, Notice, Query } from './generated/api.js';
import type { Refusal } from './error.js';
import type { VaultState } from './types.js';

/** A vault to make, nothing left out. */
export interface Profile {
  name: string;
  relay: string;
  time_zone: string;
  device_name: string;
}

/** What the page may ask for. */
export type Call =
  | { method: 'start'; name: string }
  | { method: 'create'; profile: Profile; passphrase: string }
  | { method: 'join'; link: string; device: string; passphrase: string }
  | { method: 'unlock'; passphrase: string }
  | { method: 'lock' }
  | { method: 'changePassphrase'; current: string; next: string }
  | { method: 'takeOver' }
  | { method: 'erase' }
  | { method: 'readCalendar'; bytes: Uint8Array }
  | { method: 'measurePassphrase'; passphrase: string }
  | { method: 'command'; command: Command }
  | { method: 'query'; query: Query };

/** From page to worker. */
export type ToWorker = { id: number; call: Call } | { network: boolean };

/** A reply or an answer: a tag and, except for `done`, a value. */
export interface Outcome {
  type: string;
  value?: unknown;
}

/** A change as it crosses: errors lose their class on the way. */
export interface RawChange {
  vault?: VaultState;
  notices: Notice[];
  error?: Refusal;
}

/** From worker to page. */
export type FromWorker =
  { id: number; outcome: Outcome | null } | { id: number; refusal: Refusal } | { change: RawChange };
