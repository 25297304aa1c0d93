/** The code of a safety number that came with the address: it was scanned from somebody's screen, or sent. */

import { linkKind } from './pending';

export const {
  in: verificationIn,
  take: takeVerification,
  use: usePendingVerification,
} = linkKind('#verify', 'sotto.verification');
