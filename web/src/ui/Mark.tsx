/**
 * The mark: a decrescendo, the sign for "getting quieter". Two voices come
 * together in one point.
 */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <path
        d="M3 7.5C11 9 17.5 12 22 16M3 24.5C11 23 17.5 20 22 16"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <circle cx="26" cy="16" r="3.2" fill="currentColor" />
    </svg>
  );
}

/** How near two agents are to each other: the mark, closing. `closeness` from 0 to 1. */
export function Hairpin({ closeness, tone }: { closeness: number; tone: 'calm' | 'warm' | 'good' | 'over' }) {
  const gap = 9 * (1 - closeness);
  return (
    <svg className={`hairpin ${tone}`} width="44" height="24" viewBox="0 0 44 24" fill="none" aria-hidden="true">
      <path
        d={`M2 2.5C14 3.5 25 ${11 - gap * 0.6} 33 ${12 - gap}M2 21.5C14 20.5 25 ${13 + gap * 0.6} 33 ${12 + gap}`}
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
      <circle
        cx="39"
        cy="12"
        r={tone === 'good' ? 3.5 : 2.5}
        fill={tone === 'good' ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="1.4"
      />
    </svg>
  );
}
