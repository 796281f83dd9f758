// The board of sliders: the values that were moved are sent as one JSON object, {name: value}.
const sliders = () => [...element.querySelectorAll('input[type=range]')];
const shown = value => {
  const text = Math.abs(Math.round(value * 100) / 100).toString();
  return text === '0' ? text : (value < 0 ? '\u2212' : '+') + text;
};

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
// A preset is a list of settings; each click takes the next.
const taken = {};

function take(name) {
  const all = props.presets[name], values = all[(taken[name] = (taken[name] ?? -1) + 1) % all.length];
  set(values);
  tell();
}

function set(values) {
  for (const slider of sliders())
    if (slider.name in values) { slider.value = values[slider.name]; label(slider); }
}

// The address of what is seen: the run, the row, and the sliders that were moved.
function link() {
  const moved = JSON.parse(props.value || '{}'), run = element.querySelector('.board').dataset.run;
  const query = new URLSearchParams({run, row: element.querySelector('.board').dataset.row, ...moved});
  history.replaceState(null, '', '?' + query);
  if (navigator.clipboard) navigator.clipboard.writeText(location.href).catch(() => {});
  element.querySelector('.linked').hidden = false;
}

element.addEventListener('click', event => {
  const preset = event.target.closest('.preset');
  if (preset) take(preset.textContent);
  if (event.target.closest('.link')) link();
  if (!event.target.closest('.reset')) return;
  start(sliders());
  tell();
});
watch('controls', begin);
begin();
if (Object.keys(props.wanted || {}).length) { set(props.wanted); tell(); }
