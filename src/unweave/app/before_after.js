// The bar that uncovers the reconstruction below the edited pictures, from the left.
element.addEventListener('input', event => {
  event.stopPropagation();
  for (const each of document.querySelectorAll('.stages'))
    each.style.setProperty('--cut', event.target.value + '%');
});
element.addEventListener('change', event => event.stopPropagation());
