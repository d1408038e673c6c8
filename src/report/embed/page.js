// Filters and opens; everything can be read without it.
"use strict";
(() => {
  const leaks = [...document.querySelectorAll("details.one")];

  // A link that leads into something closed opens it.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    target.hidden = false;
    for (let at = target; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
    if (target.tagName === "H3" && target.nextElementSibling instanceof HTMLDetailsElement) target.nextElementSibling.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // On paper everything is open.
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));

  const tools = document.querySelector("form.tools");
  if (!tools) return;
  tools.hidden = false;
  tools.addEventListener("submit", (event) => event.preventDefault());
  const { text, objective, open, close } = tools.elements;
  const filter = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    for (const leak of leaks) {
      const fits = (!objective.value || leak.dataset.objective === objective.value) &&
                   (!wanted || leak.textContent.toLowerCase().includes(wanted));
      leak.hidden = !fits;
      if (fits) ++shown;
    }
    for (const heading of document.querySelectorAll("#leaks h3")) {
      let any = false;
      for (let at = heading.nextElementSibling; at && at.tagName !== "H3"; at = at.nextElementSibling) any ||= at.tagName === "DETAILS" && !at.hidden;
      heading.hidden = !any;
    }
    tools.querySelector("output").textContent = shown === leaks.length ? "" : `${shown} of ${leaks.length}`;
  };
  text.addEventListener("input", filter);
  objective.addEventListener("change", filter);
  open.addEventListener("click", () => leaks.forEach((leak) => { leak.open = true; }));
  close.addEventListener("click", () => leaks.forEach((leak) => { leak.open = false; }));
})();
