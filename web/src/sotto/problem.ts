import { SottoError, type SottoErrorCode } from '@sotto/client';

/** What went wrong and what to do about it, for a person. */
export interface Problem {
  message: string;
  nextStep: string;
  code: SottoErrorCode | null;
  /** What was probably meant: whole requests, each of which would be understood. */
  suggestions?: readonly string[];
}

export function problemOf(error: unknown): Problem {
  if (error instanceof SottoError) {
    const { message, nextStep, code, suggestions } = error;
    return { message, nextStep, code, suggestions };
  }
  return {
    message: 'Something went wrong in this page.',
    nextStep: 'Try again; if it stays, reload the page. Nothing that was saved is lost.',
    code: null,
  };
}
