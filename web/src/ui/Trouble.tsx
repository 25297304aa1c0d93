import type { Problem } from '../sotto/problem';

interface Props {
  problem: Problem | null;
  /** For the field that it is about. */
  id?: string;
}

/** What went wrong and the next step, near the action that met it. */
export function Trouble({ problem, id }: Props) {
  if (!problem) return null;
  return (
    <div className="problem" role="alert" id={id}>
      <strong>{problem.message}</strong>
      <span>{problem.nextStep}</span>
    </div>
  );
}
