/** Stake and tolerance: real radio buttons and a real select, so keys and readers work by themselves. */
import { byId, el } from '../dom.ts';
import { creditsShort } from '../format.ts';
import { type Settings, STAKES_MICROS, TOLERANCES_PERCENT } from '../settings.ts';

export function stakeBar({ stakeMicros, tolerancePercent }: Settings): void {
  const presets = STAKES_MICROS.map((micros) => {
    const checked = micros === stakeMicros.value;
    const input = el('input', { type: 'radio', name: 'stake', class: 'sr-only', value: micros, checked });
    input.addEventListener('change', () => stakeMicros.set(micros));
    return el(
      'label',
      { class: 'chip', 'data-testid': 'stake' },
      input,
      el('span', {}, creditsShort(micros)),
    );
  });
  const options = TOLERANCES_PERCENT.map((percent) => {
    const label = percent === 0 ? 'exactly as shown' : `down to −${percent} %`;
    return el('option', { value: percent, selected: percent === tolerancePercent.value }, label);
  });
  const select = el('select', { id: 'tolerance', 'data-testid': 'tolerance' }, ...options);
  select.addEventListener('change', () => tolerancePercent.set(Number(select.value)));

  byId('stake-bar', HTMLElement).append(
    el('fieldset', { class: 'stakes' }, el('legend', {}, 'Stake'), ...presets),
    el('label', { class: 'tolerance' }, el('span', {}, 'Accept'), select),
    el(
      'p',
      { class: 'hint' },
      'Tap a cell. If the line touches it in its five seconds, it pays stake × multiplier.',
    ),
  );
}
