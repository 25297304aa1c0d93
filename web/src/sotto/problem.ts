import { SottoError, type SottoErrorCode } from '@sotto/client';

/** What went wrong and what to do about it, for a person. */
export interface Problem {
  message: string;
  nextStep: string;
  code: SottoErrorCode | null;
}

export function problemOf(error: unknown): Problem {
  if (error instanceof SottoError) return { message: error.message, nextStep: error.nextStep, code: error.code };
  return {
    message: 'Something went wrong in this page.',
    nextStep: 'Try again; if it stays, reload the page. Nothing that was saved is lost.',
    code: null,
  };
}
