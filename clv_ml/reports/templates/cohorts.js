// Another language: its part of the page is shown, the others are hidden.
(function () {
  "use strict";
  const buttons = document.querySelectorAll("#languages button");
  function speak(chosen) {
    const root = document.documentElement;
    root.lang = chosen.lang;
    root.dir = chosen.dataset.direction;
    document.title = chosen.dataset.title;
    document.querySelectorAll("[data-language]").forEach((part) => (part.hidden = part.dataset.language !== chosen.dataset.code));
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));
  }
  buttons.forEach((button) => button.addEventListener("click", () => speak(button)));
  // paper cannot be opened: what is folded is printed too
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
})();
