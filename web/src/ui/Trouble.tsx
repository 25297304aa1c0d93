import type { Problem } from '../sotto/problem';

/** What went wrong and the next step, near the action that met it. */
export function Trouble({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  return (
    <div className="problem" role="alert">
      <strong>{problem.message}</strong>
      <span>{problem.nextStep}</span>
    </div>
  );
}
