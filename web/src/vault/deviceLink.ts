/** A link that adds a device, which came with the address or was pasted. */

import { linkKind, type Pending } from './pending';

export type PendingDeviceLink = Pending;

export const {
  in: deviceLinkIn,
  take: takeDeviceLink,
  open: openDeviceLink,
  use: usePendingDeviceLink,
} = linkKind('#device', 'sotto.device');
