// The customers of the list: a column each figure, a number each row, in the order of their ranks.
const columns = data.columns;
const total = columns.customer_id.length;
const everyone = Array.from({ length: total }, (_, row) => row);

function get(name, row) {
  const column = columns[name];
  return column === undefined ? null : column[row];
}

function has(name) {
  return columns[name] !== undefined;
}

// The code of a category, such as the status "contact"; "" where there is none.
function code(name, row) {
  const place = get(name, row);
  return place === null ? "" : data.codes[name][place];
}

function label(name, value) {
  return (speech.labels[name] && speech.labels[name][value]) || value;
}

function reasonsOf(row) {
  return (get("reasons", row) || []).map((place) => speech.reasons[place]);
}

function actionOf(row) {
  const place = get("action", row);
  return place === null ? "" : speech.actions[place];
}

function currencyOf(row) {
  return data.one_currency ? data.currency : code("currency", row);
}

function amount(name, row) {
  return money(get(name, row), currencyOf(row));
}

function isContact(row) {
  const status = code("action_status", row);
  return status === "" || status === "contact";
}

// Whoever is held back or excluded can be read about, but not picked, copied or exported.
function mayBeContacted(row) {
  return isContact(row) || code("action_status", row) === "over_capacity";
}

// What a person looks for: who, why and what to do; not the figures, which would match any number.
const folded = new Map();

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function searched(row) {
  if (!folded.has(row)) folded.set(row, fold([get("customer_id", row), actionOf(row), ...reasonsOf(row)].join(" ")));
  return folded.get(row);
}

// Texts are put in order once a language; after that they sort like numbers.
const places = new Map();

function placesBy(text) {
  const texts = everyone.map(text);
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  const order = Array.from(new Set(texts)).sort(compare);
  const place = new Map(order.map((one, at) => [one, one === "" ? null : at]));
  return texts.map((one) => place.get(one));
}

const KEYS = {
  customer_id: () => placesBy((row) => get("customer_id", row)),
  action: () => placesBy((row) => (isContact(row) ? actionOf(row) : label("action_status", code("action_status", row)))),
  reason: () => placesBy((row) => reasonsOf(row)[0] || ""),
  value_tier: () => everyone.map((row) => data.order.value_tier[code("value_tier", row)] ?? null),
  change: () => everyone.map((row) => data.order.change[code("change", row)] ?? null),
};

function sortKeys(name) {
  if (!KEYS[name]) return columns[name];
  if (!places.has(name)) places.set(name, KEYS[name]());
  return places.get(name);
}

function forgetWords() {
  folded.clear();
  places.clear();
}
