"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const form = document.getElementById("filters");
  const [probability, speaker, verdict] = ["probability", "speaker", "verdict"].map((name) => document.getElementById(`filter-${name}`));
  const cards = all(".card");
  const lists = [...new Set(cards.map((card) => card.parentElement))].map((list) => {
    const none = document.createElement("p");
    none.className = "nothing none-fits";
    none.textContent = "No statement fits these filters.";
    none.hidden = true;
    list.append(none);
    return {none, its: all(".card", list)};
  });

  const filter = () => {
    const least = Number(probability.value);
    document.getElementById("filter-probability-value").textContent = least.toFixed(2);
    const kept = new Set();
    for (const card of cards) {
      const evidence = all("[data-probability]", card);
      evidence.forEach((row) => { row.hidden = Number(row.dataset.probability) < least; });
      all(".evidence", card).forEach((list) => {
        list.hidden = all(":scope > li", list).every((row) => row.hidden);
        list.previousElementSibling.hidden = list.hidden;
      });
      const isKept = (speaker.value === "*" || card.dataset.speaker === speaker.value)
        && (verdict.value === "*" || card.dataset.verdict === verdict.value)
        && (least === 0 || evidence.some((row) => !row.hidden));
      card.hidden = !isKept;
      if (isKept) kept.add(card.dataset.statement);
    }
    lists.forEach(({none, its}) => { none.hidden = its.some((card) => !card.hidden); });
    all("[data-marks]").forEach((mark) => mark.classList.toggle("off", !kept.has(mark.dataset.marks)));
    all(".pair[data-of]").forEach((pair) => {
      pair.hidden = !kept.has(pair.dataset.of) || Number(pair.dataset.probability) < least;
    });
    all("tr[data-article]").forEach((row) => {
      const its = cards.filter((card) => card.dataset.statement.startsWith(`${row.dataset.article}-`));
      row.classList.toggle("off", its.length > 0 && its.every((card) => card.hidden));
    });
    const isFiltered = kept.size < cards.length || least > 0;
    const counted = `${cards.length} statement${cards.length === 1 ? "" : "s"}`;
    document.getElementById("shown").textContent = isFiltered ? `Filtered: ${kept.size} of ${counted} shown` : counted;
    form.classList.toggle("is-filtered", isFiltered);
  };

  // What a link leads to must not stay hidden by the filters.
  const reveal = (hash) => {
    const target = document.getElementById(hash.slice(1));
    if (!target || !target.closest(".card [hidden], .card[hidden]")) return false;
    [probability.value, speaker.value, verdict.value] = ["0", "*", "*"];
    filter();
    const name = target.closest(".card").querySelector(".tag").textContent;
    document.getElementById("shown").textContent += `; the filters were cleared to show ${name}`;
    return true;
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const isNumber = head.classList.contains("number");
        const isUp = head.ariaSort ? head.ariaSort === "descending" : !isNumber;
        all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
        const value = (row) => row.cells[column].dataset.value;
        const compare = isNumber ? (a, b) => Number(value(a)) - Number(value(b)) : (a, b) => value(a).localeCompare(value(b));
        body.append(...[...body.rows].sort((a, b) => (isUp ? 1 : -1) * compare(a, b)));
      });
    });
  };

  all("#overview").forEach(sortable);
  if (cards.length > 1) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (link) reveal(link.hash);
    });
    window.addEventListener("hashchange", () => {
      if (reveal(location.hash)) document.getElementById(location.hash.slice(1)).scrollIntoView();
    });
    filter();
    reveal(location.hash);
  }
})();
