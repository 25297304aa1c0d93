/** Texts that are messages of agents or receipts, and texts that are none. */

import { test } from 'vitest';
import { readMessage } from '../protocol/agent-messages.ts';
import { ascii } from '../protocol/bytes.ts';
import { readReceipt } from '../protocol/receipts.ts';
import { Vector, isTaken, read } from './vector.ts';

test.for(read('messages'))('message: $name', (each) => {
  const vector = new Vector(each);
  const bytes = vector.has('bytes') ? vector.bytes('bytes') : ascii(vector.text('text'));
  vector.gives(
    'taken',
    isTaken(() => readMessage(bytes)),
  );
  vector.end();
});

test.for(read('receipt-file'))('receipt: $name', (each) => {
  const vector = new Vector(each);
  const file = ascii(vector.text('file'));
  const taken = isTaken(() => {
    const { title, proposedBy, confirmedBy, calledOffBy } = readReceipt(file);
    vector.gives('title', title);
    vector.gives('proposed by', proposedBy);
    vector.gives('confirmed by', confirmedBy);
    if (calledOffBy) vector.gives('called off by', calledOffBy);
  });
  vector.gives('taken', taken);
  vector.end();
});
