import { useLayoutEffect, useState, type FocusEvent, type KeyboardEvent, type RefObject } from 'react';

export interface Roving {
  tabIndexOf: (key: string) => 0 | -1;
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: (event: FocusEvent) => void;
}

/**
 * One stop for Tab among all events; arrow keys go from one to the next: up
 * and down in the order of the page, left and right to the nearest beside.
 */
export function useRoving(container: RefObject<HTMLElement | null>): Roving {
  const [active, setActive] = useState<string | null>(null);
  const [first, setFirst] = useState<string | null>(null);

  const all = () => [...(container.current?.querySelectorAll<HTMLElement>('[data-event]') ?? [])];

  // When the active event has gone from the page, the first one takes its place.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- what is on the page is known after each drawing only
  useLayoutEffect(() => {
    const keys = all().map(({ dataset }) => dataset['event'] ?? '');
    setFirst(active !== null && keys.includes(active) ? active : (keys[0] ?? null));
  });

  return {
    tabIndexOf: (key) => (key === first ? 0 : -1),
    onFocus: ({ target }) => {
      const key = target instanceof HTMLElement ? target.dataset['event'] : undefined;
      if (key !== undefined) setActive(key);
    },
    onKeyDown: (event) => {
      const from = event.target;
      if (!(from instanceof HTMLElement) || from.dataset['event'] === undefined) return;
      const elements = all();
      const to = destination(event.key, from, elements);
      if (!to) return;
      event.preventDefault();
      to.focus();
      to.scrollIntoView({ block: 'nearest' });
    },
  };
}

function destination(key: string, from: HTMLElement, all: HTMLElement[]): HTMLElement | undefined {
  const index = all.indexOf(from);
  switch (key) {
    case 'ArrowDown':
      return all[index + 1];
    case 'ArrowUp':
      return all[index - 1];
    case 'Home':
      return all[0];
    case 'End':
      return all.at(-1);
    case 'ArrowLeft':
      return nearestBeside(from, all, -1);
    case 'ArrowRight':
      return nearestBeside(from, all, 1);
    default:
      return undefined;
  }
}

function nearestBeside(from: HTMLElement, all: HTMLElement[], direction: 1 | -1): HTMLElement | undefined {
  const own = from.getBoundingClientRect();
  let best: HTMLElement | undefined;
  let least = Infinity;
  for (const element of all) {
    const box = element.getBoundingClientRect();
    const across = (box.left - own.left) * direction;
    if (across <= 2) continue;
    // Nearer to the side counts first, then nearer in time.
    const distance = across * 1000 + Math.abs(box.top - own.top);
    if (distance < least) {
      least = distance;
      best = element;
    }
  }
  return best;
}
