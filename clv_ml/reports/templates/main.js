// Start, and what happens on a click, a key, another language, a print.
function speak(language) {
  speech = data.languages[language];
  const root = document.documentElement;
  root.lang = language.replace("_", "-");
  root.dir = speech.direction;
  document.title = speech.title;
  document.querySelectorAll("[data-language]").forEach((part) => (part.hidden = part.dataset.language !== language));
  document.querySelectorAll("[data-say]").forEach((node) => (node.textContent = say(node.dataset.say)));
  document.querySelectorAll("[data-say-label]").forEach((node) => node.setAttribute("aria-label", say(node.dataset.sayLabel)));
  document.querySelectorAll("[data-say-hint]").forEach((node) => node.setAttribute("placeholder", say(node.dataset.sayHint)));
  document.querySelectorAll("#languages button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.code === language)));
  forgetWords();
  drawCurve();
  if (!total) return;
  rowHeight = 0;
  drawHeadings(false);
  fillFilters();
  refresh();
}

function onBodyClick(event) {
  const line = event.target.closest("tr[data-row]");
  if (!line) return;
  const row = Number(line.dataset.row);
  if (event.target.closest(".pick")) {
    const box = line.querySelector(".pick input");
    if (!box) return;
    if (event.target !== box) box.checked = !box.checked;
    choose(row, box.checked);
    tellChoice();
    return;
  }
  // who marks text with the mouse does not want the story to open
  if (!event.target.closest(".opener") && String(getSelection())) return;
  open(row, !state.opened.has(row));
}

function listen() {
  document.querySelectorAll("#languages button").forEach((button) => button.addEventListener("click", () => speak(button.dataset.code)));
  document.querySelectorAll("a[data-row]").forEach((link) =>
    link.addEventListener("click", (event) => {
      event.preventDefault();
      leadTo(Number(link.dataset.row));
    })
  );
  byId("customers").addEventListener("click", onBodyClick);
  byId("find").addEventListener("input", refresh);
  FILTERS.forEach((name) => byId("filter-" + name).addEventListener("change", refresh));
  byId("sort").addEventListener("change", () => sortBy(byId("sort").value, SORTS.find((sort) => sort.name === byId("sort").value).down));
  byId("turn").addEventListener("click", () => sortBy(state.sort, !state.down));
  byId("reset").addEventListener("click", () => {
    resetFilters("");
    refresh();
  });
  byId("copy").addEventListener("click", copy);
  byId("export").addEventListener("click", download);
  byId("clear").addEventListener("click", () => {
    Array.from(state.chosen).forEach((row) => choose(row, false));
    tellChoice();
  });
  WIDTHS.forEach((width) => width.addEventListener("change", () => printing || drawAgain()));
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", afterPrint);
}

document.documentElement.classList.add("live");
listenToSlider();
if (total && innerWidth > 840) byId("more").open = true;
if (total) listen();
else document.querySelectorAll("#languages button").forEach((button) => button.addEventListener("click", () => speak(button.dataset.code)));
speak(data.language);
