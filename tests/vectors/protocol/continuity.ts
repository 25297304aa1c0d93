/** docs/protocol.md, "Continuity". */

import type { Bytes } from './bytes.ts';

/** What a side keeps beside the session, to open another when it is lost. */
export interface Threads {
  /** Of the last turn that was received. */
  received?: Bytes;
  /** Of the own last two turns, the newest first. */
  own: Bytes[];
}

export function tookTurn(threads: Threads, thread: Bytes): void {
  threads.own = [thread, ...threads.own].slice(0, 2);
}

export function receivedTurn(threads: Threads, thread: Bytes): void {
  threads.received = thread;
}
