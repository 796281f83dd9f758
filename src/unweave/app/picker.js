// The picker of samples: a row of the data, other rows, or a file of the user's own.
function tell(choice) {
  props.value = JSON.stringify(choice);
  trigger('input');
}

function complain(text) {
  const place = element.querySelector('.problem');
  if (place) place.textContent = text;
}

function send(file) {
  if (!file) return;
  const most = +element.querySelector('.drop').dataset.most;
  if (file.size > most) {
    complain(`Your picture is larger than ${Math.round(most / 2 ** 20)} MB; choose a smaller one`);
    return;
  }
  const reader = new FileReader();
  reader.onerror = () => complain('Your picture could not be read; choose another');
  reader.onload = () => tell({file: reader.result});
  reader.readAsDataURL(file);
}

element.addEventListener('click', event => {
  const thumb = event.target.closest('.thumb');
  if (thumb) tell({row: +thumb.dataset.row});
  if (event.target.closest('.others')) tell({others: +element.querySelector('.thumb').dataset.place});
});
element.addEventListener('input', event => event.stopPropagation());
element.addEventListener('change', event => {
  event.stopPropagation();
  if (event.target.type !== 'file') return;
  send(event.target.files[0]);
  event.target.value = '';
});
for (const kind of ['dragover', 'dragleave', 'drop'])
  element.addEventListener(kind, event => {
    const drop = event.target.closest('.drop');
    if (!drop) return;
    event.preventDefault();
    drop.classList.toggle('over', kind === 'dragover');
    if (kind === 'drop') send(event.dataTransfer.files[0]);
  });
