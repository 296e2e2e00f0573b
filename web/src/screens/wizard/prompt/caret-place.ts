/** A place in the window, in pixels from its upper left corner. */
export interface Place {
  left: number;
  top: number;
}

/** The place just below a character of a textarea: measured in a copy of it. */
export function caretPlace(area: HTMLTextAreaElement, at: number): Place {
  const copy = document.createElement('div');
  copy.className = area.className;
  copy.style.visibility = 'hidden';
  copy.style.height = 'auto';
  copy.textContent = area.value.slice(0, at);
  const mark = document.createElement('span');
  mark.textContent = '​';
  copy.append(mark);
  area.parentElement?.append(copy);
  const { left, bottom } = mark.getBoundingClientRect();
  copy.remove();
  return { left, top: bottom };
}
