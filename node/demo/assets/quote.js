/** The shop that the customer is in: a quote that follows the form, as any page of its kind would have. */

const PER_SQUARE_METRE = 0.11;
const COVER_FACTORS = { basic: 1, comfort: 1.35, premium: 1.8 };
const EXCESS_FACTORS = { 0: 1.25, 150: 1, 300: 0.85 };
const EXTRAS = { bicycle: 3.9, glass: 2.4 };

const form = document.querySelector('#quote-form');
const area = document.querySelector('#area-value');
const price = document.querySelector('#price');
const summary = document.querySelector('#summary');
const done = document.querySelector('#done');
const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });

form.addEventListener('input', update);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  done.hidden = false;
  done.focus();
});
update();

function update() {
  const fields = new FormData(form);
  const basis = fields.get('area') * PER_SQUARE_METRE;
  const insured = basis * COVER_FACTORS[fields.get('cover')] * EXCESS_FACTORS[fields.get('excess')];
  const extras = fields.getAll('extra').reduce((sum, extra) => sum + EXTRAS[extra], 0);
  area.value = `${fields.get('area')} m²`;
  price.textContent = euros.format(insured + extras);
  const chosen = fields.getAll('extra').map((extra) => extra[0].toUpperCase() + extra.slice(1));
  summary.textContent = [`${fields.get('area')} m²`, `€${fields.get('excess')} excess`, ...chosen].join(' · ');
  done.hidden = true;
}
