// Building and updating the page. Text goes in as text nodes alone: names and comments come from outside.

// An element with attributes (null and false leave one out), custom properties (`--low`) and children.
export function h(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

// The same of a picture.
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== ""));
  return element;
}

// Make the children of `parent` those of `items`, in their order, by key. What is there already is changed where it
// differs and nowhere else, so that focus, selection and hover stay. `make` gives the element of an item. Returns the
// elements that are new.
export function keep(parent, items, key, make) {
  const known = new Map(Array.from(parent.children, (child) => [child.dataset.key, child]));
  const active = document.activeElement;
  const added = [];
  let place = parent.firstElementChild;
  for (const item of items) {
    const made = make(item);
    made.dataset.key = key(item);
    const element = known.get(made.dataset.key) ?? made;
    known.delete(made.dataset.key);
    if (element === made) added.push(made);
    else morph(element, made);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
  // Moving an element takes the focus from it.
  if (active !== document.activeElement && parent.contains(active)) active.focus({ preventScroll: true });
  return added;
}

// Make the children of `parent` these elements, changing what is there as little as possible.
export function fill(parent, children) {
  morphChildren(parent, children);
}

function morph(old, made) {
  if (old.nodeName !== made.nodeName) {
    old.replaceWith(made);
  } else if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== made.data) old.data = made.data;
  } else {
    morphAttributes(old, made);
    morphChildren(old, Array.from(made.childNodes));
  }
}

function morphAttributes(old, made) {
  for (const { name } of Array.from(old.attributes)) {
    // What a person has opened stays open.
    if (!made.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  }
  for (const { name, value } of made.attributes) {
    if (old.getAttribute(name) === value) continue;
    // The content security policy refuses a style attribute, and rightly; the object model may set it.
    if (name === "style") old.style.cssText = value;
    else old.setAttribute(name, value);
  }
}

function morphChildren(parent, children) {
  const before = Array.from(parent.childNodes);
  children.forEach((child, index) => (before[index] ? morph(before[index], child) : parent.append(child)));
  for (const gone of before.slice(children.length)) gone.remove();
}
