// Suggestions below the search box (ARIA 1.2 combobox). No script, or data to be saved: a plain box.
{ // names of its own
const { address, label, found } = document.currentScript.dataset, line = navigator.connection ?? {}, view = window.visualViewport;
const isThrifty = () => line.saveData || /2g/.test(line.effectiveType);
const make = (tag, attributes, ...inside) => {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...inside);
  return made;
};
const attach = (input, number) => {
  const id = `suggestions-${number}`, rows = make("ul", { id, role: "listbox", class: "suggestions", "aria-label": label });
  const said = make("p", { role: "status", class: "hide" });
  let at = -1, timer, request;
  const mark = (place) => {
    at = place;
    input.setAttribute("aria-activedescendant", at < 0 ? "" : `${id}-${at}`);
    [...rows.children].forEach((row, i) => row.setAttribute("aria-selected", i === at));
    rows.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const fit = () => { // above a phone's keyboard
    const room = () => view.offsetTop + view.height - rows.getBoundingClientRect().top - 8;
    if (rows.hidden || !view) return;
    if (room() < 150) input.scrollIntoView();
    rows.style.maxBlockSize = `${Math.max(room(), 100)}px`;
  };
  const show = (is) => {
    rows.hidden = !is;
    input.setAttribute("aria-expanded", is);
    said.textContent = is ? found.replace("{number}", rows.children.length) : "";
    fit();
  };
  const stop = () => { clearTimeout(timer); request?.abort(); mark(-1); };
  const close = () => { stop(); show(false); };
  const draw = ({ text, kind, url }, i) => {
    const row = make("li", { id: `${id}-${i}`, role: "option" }, make("span", /[ก-๛]/.test(text) ? { lang: "th" } : {}, text), " ", make("small", {}, kind));
    row.onclick = () => {
      close();
      if (url) return location.assign(url.endsWith("=") ? url + encodeURIComponent(input.value) : url);
      input.value = text;
      input.form.requestSubmit();
    };
    return row;
  };
  const ask = async () => {
    const { signal } = request = new AbortController();
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(input.value)}`, { signal, credentials: "omit" });
      rows.replaceChildren(...(await answer.json()).map(draw));
    } catch {
      if (signal.aborted) return;
      rows.replaceChildren();
    }
    mark(-1);
    show(rows.children.length > 0);
  };
  const wait = (event) => {
    if (event.isComposing) return;
    stop();
    if (input.value.trim().length > 1 && !isThrifty()) timer = setTimeout(ask, 150);
    else { rows.replaceChildren(); close(); }
  };
  const press = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], places = rows.children.length + 1;
    if (event.isComposing || places < 2 || (rows.hidden && !step)) return;
    if (step) { if (rows.hidden) show(true); mark((at + 1 + step + places) % places - 1); }
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && at >= 0) rows.children[at].click();
    else return;
    event.preventDefault();
  };
  const about = { role: "combobox", "aria-autocomplete": "list", "aria-controls": id };
  for (const name in about) input.setAttribute(name, about[name]);
  input.parentElement.append(rows, said);
  close();
  rows.onmousedown = (event) => event.preventDefault(); // the box keeps the focus
  for (const event of ["input", "compositionend"]) input.addEventListener(event, wait);
  input.onkeydown = press;
  input.onblur = input.form.onsubmit = close;
  view?.addEventListener("resize", fit);
};
if (!isThrifty()) document.querySelectorAll("form[role=search] input[name=q]").forEach(attach);
}
