// What the page says in the language chosen: messages, numbers, dates. Nothing here knows a language by name.
const data = JSON.parse(document.getElementById("data").textContent);
let speech = data.languages[data.language];
const BETWEEN = " · ";

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => (values && name in values ? values[name] : all));
}

function say(key, values) {
  return fill(speech.say[key], values);
}

// The form of a word by its number; forms repeat from 100 to 100 in every language we know.
function counted(key, n, values) {
  const message = speech.many[key];
  const whole = Math.round(Math.abs(n));
  const form = message.index[whole < 200 ? whole : 100 + (whole % 100)];
  return fill(message.forms[Number(form)], { n: number(whole), ...values });
}

function localDigits(text) {
  return text.replace(/\d/g, (digit) => speech.digits[digit]);
}

// Whole from 10 on, below that with at most two decimals, unless told.
function number(value, decimals) {
  if (value === null) return speech.missing;
  const size = Math.abs(value);
  const plain = decimals === undefined ? (size >= 10 ? size.toFixed(0) : String(Number(size.toFixed(2)))) : size.toFixed(decimals);
  const [whole, part] = plain.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",").replace(/[\d,]/g, (c) => (c === "," ? speech.group : speech.digits[c]));
  const text = part ? grouped + speech.decimal + localDigits(part) : grouped;
  return value < 0 && /[1-9]/.test(plain) ? speech.minus + text : text;
}

// Whole from 100 on, else with two decimals, unless told.
function money(value, currency, decimals) {
  if (value === null) return speech.missing;
  const size = Math.abs(value);
  const places = decimals === undefined ? (size >= 100 || size === 0 ? 0 : 2) : decimals;
  const text = number(size, places);
  const pattern = speech.money[currency] || speech.money[""];
  return (value < 0 && Number(size.toFixed(places)) ? pattern.minus : pattern.plus).join(text);
}

// A percentage never claims certainty by rounding.
function percent(share) {
  if (share === null) return speech.missing;
  if (share > 0.99 && share < 1) return speech.percent.almost;
  if (share > 0 && share < 0.01) return speech.percent.hardly;
  return speech.percent.plain.join(number(100 * share, 0));
}

function days(value) {
  return value === null ? speech.missing : counted("days", value);
}

// A day so many days after the day of the list (before it, where negative).
function dayAfter(offset) {
  const start = Date.parse(data.as_of + "T00:00:00Z");
  if (offset === null || Number.isNaN(start)) return speech.missing;
  const day = new Date(start + 86400000 * offset).toISOString().slice(0, 10);
  return speech.dates[day] || day;
}

// Foreign text inside a sentence keeps its own direction.
function isolated(text) {
  return "\u2068" + text + "\u2069";
}

const SVG = "http://www.w3.org/2000/svg";

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

// Texts are set as texts: no data ever become markup.
function el(tag, attributes, ...children) {
  return put(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes, ...children) {
  return put(document.createElementNS(SVG, tag), attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}
