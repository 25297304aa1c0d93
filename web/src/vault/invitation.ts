/** An invitation that came with the address. */

import { linkKind, type Pending } from './pending';

export type PendingInvitation = Pending;

export const {
  in: invitationIn,
  take: takeInvitation,
  use: usePendingInvitation,
} = linkKind('#invite', 'sotto.invitation');
