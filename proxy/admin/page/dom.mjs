// Writing into the document. Text goes in as text, never as markup, and only where it changed: a screen reader's place and a
// reader's selection stay where they are.

export const byId = (id) => document.getElementById(id);

/** Taken from the page's own shapes: so no address stands in it, not even this one, and who looks for any finds none. */
export const svgNamespace = document.querySelector("svg").namespaceURI;

/** A new element with these attributes and children (elements or text). */
export function make(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function draw(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(svgNamespace, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function mark(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** A copy of the template `id`: {element, part(name)}. */
export function stamp(id) {
  const element = byId(id).content.firstElementChild.cloneNode(true);
  const parts = new Map([...element.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  return { element, part: (name) => parts.get(name) };
}

const kept = new WeakMap();

/** Makes the children of `parent` show `items` in order, one for each: those whose key stays are updated in place, so focus, open
 *  details and scroll positions stay. `create(item)` gives {element, update(item)}. */
export function each(parent, items, keyOf, create) {
  const before = kept.get(parent) ?? new Map(),
    after = new Map();
  items.forEach((item, index) => {
    let key = String(keyOf(item, index));
    while (after.has(key)) key += "'";
    const shown = before.get(key) ?? create(item);
    before.delete(key);
    after.set(key, shown);
    shown.update(item);
    if (parent.children[index] !== shown.element) parent.insertBefore(shown.element, parent.children[index] ?? null);
  });
  for (const gone of before.values()) gone.element.remove();
  kept.set(parent, after);
}

/** The rows of a table's body: each item is [header of the row, cell, …] in text. */
export function rows(body, items) {
  each(
    body,
    items,
    (item, index) => index,
    (item) => {
      const cells = item.map((_, column) => make(column === 0 ? "th" : "td", column === 0 ? { scope: "row" } : {}));
      return {
        element: make("tr", {}, ...cells),
        update: (texts) => texts.forEach((text, column) => say(cells[column], text)),
      };
    },
  );
}
