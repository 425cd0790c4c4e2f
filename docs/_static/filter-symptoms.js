// Narrows the list of symptoms to those that resemble what is typed or pasted. Without JavaScript the
// box stays hidden, and the list is whole.

const box = document.getElementById("symptom-filter");
const input = document.getElementById("symptom-text");
const count = document.getElementById("symptom-count");
const items = [...document.querySelectorAll(".symptom-list li")];

const words = (text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []);

// A pasted line has other names, paths and numbers in it: most of the words in common is enough.
function resembles(item, query) {
  if (item.textContent.toLowerCase().includes(query)) return true;
  const [fewer, more] = [words(item.textContent), words(query)].sort((a, b) => a.size - b.size);
  const common = [...fewer].filter((word) => more.has(word)).length;
  return fewer.size > 2 && common / fewer.size >= 0.6;
}

function filter() {
  const query = input.value.trim().toLowerCase();
  for (const item of items) item.hidden = query !== "" && !resembles(item, query);
  const shown = items.filter((item) => !item.hidden).length;
  count.textContent = query === "" ? "" : `${shown} of ${items.length} shown`;
}

input.addEventListener("input", filter);
box.hidden = false;
filter(); // A browser may have kept the text of an earlier visit.
