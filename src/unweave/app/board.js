// The board of sliders: the values that were moved are sent as one JSON object, {name: value}.
const sliders = () => [...element.querySelectorAll('input[type=range]')];
const shown = value => (Math.round(value * 100) / 100).toString();

function label(slider) {
  const row = slider.closest('.control');
  row.querySelector('output').textContent = shown(+slider.value);
  row.classList.toggle('moved', slider.value !== slider.dataset.start);
}

let resting;

function tell() {
  const moved = {};
  for (const slider of sliders())
    if (slider.value !== slider.dataset.start) moved[slider.name] = +slider.value;
  props.value = JSON.stringify(moved);
  trigger('input');
  // Whatever is not needed while a slider is dragged waits until it rests.
  clearTimeout(resting);
  resting = setTimeout(() => trigger('release'), 150);
}

function start(some) {
  for (const slider of some) { slider.value = slider.dataset.start; label(slider); }
}

function begin() {
  // A slider rounds its value; the rounded one counts as not moved.
  for (const slider of sliders()) {
    slider.value = slider.dataset.from;
    slider.dataset.start = slider.value;
    label(slider);
  }
  search();
}

function search() {
  const field = element.querySelector('input[type=search]');
  const words = (field ? field.value : '').toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const slider of sliders()) {
    const name = slider.getAttribute('aria-label').toLowerCase().replaceAll('_', ' ');
    const hit = words.every(word => name.includes(word.replaceAll('_', ' ')));
    slider.closest('.control').hidden = !hit;
    found += hit;
  }
  const none = element.querySelector('.none');
  if (none) none.hidden = found > 0;
}

element.addEventListener('input', event => {
  event.stopPropagation();
  if (event.target.type === 'search') { search(); return; }
  label(event.target);
  tell();
});
element.addEventListener('change', event => event.stopPropagation());
element.addEventListener('dblclick', event => {
  if (event.target.type !== 'range') return;
  start([event.target]);
  tell();
});
element.addEventListener('click', event => {
  if (!event.target.closest('.reset')) return;
  start(sliders());
  tell();
});
watch('controls', begin);
begin();
