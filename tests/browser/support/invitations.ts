/** Links that are not as they should be. */

import { createHash } from 'node:crypto';

const MARK = '#invite=';
/** After the version, the account, the mailbox and the secret. */
const EXPIRY_AT = 1 + 32 + 32 + 32;
const DEVICE_MARK = '#device=';
/** After the version, the account, the beginning of the device's id and the secret. */
const ENDS_AT = 1 + 32 + 4 + 32;
const CHECKSUM = 4;

/** With one letter mistyped in the middle of its secret part. */
export function typo(link: string): string {
  const at = link.indexOf('=') + 1 + 60;
  return link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1);
}

/** As if it had been good until a day ago. */
export function expired(link: string): string {
  const [relay, fragment] = link.split(MARK) as [string, string];
  const bytes = Buffer.from(fragment, 'base64url').subarray(0, -CHECKSUM);
  bytes.writeBigInt64BE(BigInt(Math.floor(Date.now() / 1000) - 86_400), EXPIRY_AT);
  return relay + MARK + checked(bytes);
}

/** A link for a device as if it had ended a minute ago; the relay notices that nobody signed it so. */
export function over(link: string): string {
  const [relay, fragment] = link.split(DEVICE_MARK) as [string, string];
  const bytes = Buffer.from(fragment, 'base64url').subarray(0, -CHECKSUM);
  bytes.writeBigInt64BE(BigInt(Date.now() - 60_000), ENDS_AT);
  return relay + DEVICE_MARK + checked(bytes);
}

function checked(bytes: Buffer): string {
  const checksum = createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM);
  return Buffer.concat([bytes, checksum]).toString('base64url');
}
