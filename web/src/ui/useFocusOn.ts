import { useEffect, useRef, type RefObject } from 'react';
import type { Problem } from '../sotto/problem';

/** For a field: the cursor goes there when a problem with it comes up. */
export function useFocusOn<T extends HTMLElement>(problem: Problem | null): RefObject<T | null> {
  const field = useRef<T>(null);
  useEffect(() => {
    if (problem) field.current?.focus();
  }, [problem]);
  return field;
}
