// Values and the boxes of the page light up together. Without this script they are still links to each other.
"use strict";

const boxOf = new Map([...document.querySelectorAll("[data-box]")].map(box => [box.dataset.box, box]));
const valuesOf = new Map();
for (const value of document.querySelectorAll("[data-boxes]")) {
  for (const number of value.dataset.boxes.split(" ")) {
    if (!valuesOf.has(number)) valuesOf.set(number, []);
    valuesOf.get(number).push(value);
  }
}

function together(element) {
  const boxes = new Set(), values = new Set();
  if (element.dataset.box) {
    boxes.add(element);
    for (const value of valuesOf.get(element.dataset.box) || []) values.add(value);
  } else {
    const holders = element.matches("[data-boxes]") ? [element] : [...element.querySelectorAll("[data-boxes]")];
    for (const value of holders) {
      values.add(value);
      for (const number of value.dataset.boxes.split(" ")) if (boxOf.has(number)) boxes.add(boxOf.get(number));
    }
  }
  return { boxes: [...boxes], values: [...values] };
}

function mark(name, element) {
  for (const old of document.querySelectorAll("." + name)) old.classList.remove(name);
  if (!element) return null;
  const { boxes, values } = together(element);
  for (const one of [...boxes, ...values]) one.classList.add(name);
  return { boxes, values };
}

function bring(element) {
  const pane = element && element.closest(".sheets");
  if (pane && pane.scrollHeight > pane.clientHeight) {
    const place = element.getBoundingClientRect(), frame = pane.getBoundingClientRect();
    pane.scrollTop += place.top - frame.top - (frame.height - place.height) / 2;
  } else if (element) {
    element.scrollIntoView({ block: "center" });
  }
}

const isBeside = () => window.matchMedia("(min-width: 901px)").matches;

function choose(element, keep) {
  const found = mark("chosen", element);
  if (!found) return;
  if (keep) history.replaceState(null, "", "#" + keep);
  if (element.dataset.box) bring(found.values[0]);
  else if (isBeside() || element.matches("[data-boxes]")) bring(found.boxes[0]);
}

for (const one of document.querySelectorAll("[data-box], [data-boxes]")) {
  one.addEventListener("pointerenter", () => mark("lit", one));
  one.addEventListener("pointerleave", () => mark("lit", null));
  one.addEventListener("focus", () => mark("lit", one));
  one.addEventListener("blur", () => mark("lit", null));
  one.addEventListener("click", event => {
    event.preventDefault();
    const value = one.dataset.box ? (valuesOf.get(one.dataset.box) || [])[0] : one;
    choose(one, value && value.id);
    const other = one.dataset.box ? value : boxOf.get(one.dataset.boxes.split(" ")[0]);
    if (other && event.detail === 0) other.focus({ preventScroll: true });
  });
}

function follow() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!wanted || wanted.dataset.box) return;
  if (!wanted.matches("[data-boxes]") && !wanted.querySelector("[data-boxes]")) return;
  mark("chosen", wanted);
  if (isBeside()) bring(together(wanted).boxes[0]);
}

window.addEventListener("hashchange", follow);
follow();

for (const picture of document.querySelectorAll("img[data-problem]")) {
  const say = () => {
    const note = document.createElement("strong");
    note.textContent = " " + picture.dataset.problem;
    picture.closest("figure").querySelector("figcaption").append(note);
  };
  if (picture.complete && picture.naturalWidth === 0) say();
  else picture.addEventListener("error", say);
}
