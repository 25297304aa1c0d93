import type { ApiError, ApiErrorCode } from './generated/api.js';

/**
 * Why something could not be done, for a program: the codes of the client, and
 * three that only exist in a browser.
 *
 * - `vault_locked`: it needs an open vault;
 * - `stopped`: the client was closed, or its worker died;
 * - `unsupported`: this browser, or this page's security policy, lacks something that is needed.
 */
export type SottoErrorCode = ApiErrorCode | 'vault_locked' | 'stopped' | 'unsupported';

/** A refusal as it crosses from the worker. */
export type Refusal = Omit<ApiError, 'code'> & { code: SottoErrorCode };

/** Why something could not be done, and what to do next; both are sentences for a person. */
export class SottoError extends Error {
  override readonly name = 'SottoError';
  /** For a program. */
  readonly code: SottoErrorCode;
  /** What to do about it, in a sentence or two. */
  readonly nextStep: string;
  /** What was probably meant: whole requests, each of which would be understood. */
  readonly suggestions: readonly string[];

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.code = refusal.code;
    this.nextStep = refusal.next_step;
    this.suggestions = refusal.suggestions ?? [];
  }
}
