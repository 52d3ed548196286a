// What folds and opens around the answer: the filter on narrow screens, facets that are counted when they are opened,
// and the menu of addresses, which can be copied.
import { below, go } from "./address.js";

const narrow = matchMedia("(max-width: 60rem)");

function fold() {
  const filter = document.getElementById("folding");
  if (filter) filter.open = !narrow.matches || filter.querySelector(".fault") !== null;
}

function arrange() {
  const filter = document.getElementById("folding");
  if (filter?.querySelector(".fault")) filter.open = true;
  for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = !navigator.clipboard;
}

async function copy(button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(below(button.dataset.copy).href);
    button.textContent = "copied";
  } catch {
    button.textContent = "not allowed";
  }
  setTimeout(() => (button.textContent = before), 2000);
}

function closeMenus(but = null) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
}

document.addEventListener("click", (event) => {
  const facet = event.target.closest?.("summary")?.closest("details[data-elsewhere]");
  if (facet) {
    event.preventDefault();
    go(new URL(facet.dataset.elsewhere, location.href), { replace: true });
  }
  const button = event.target.closest?.("button[data-copy]");
  if (button) copy(button);
  closeMenus(event.target.closest?.("details.menu"));
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("answerchange", arrange);
narrow.addEventListener("change", fold);
fold();
arrange();
