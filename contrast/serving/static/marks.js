"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const page = JSON.parse(byId("contrast-page").textContent);
  const carried = JSON.parse(byId("contrast-data").textContent).articles[0];
  const {report, text: article} = carried;
  const statements = new Map(report.statements.map((side) => [side.id, side]));
  const observations = new Map(report.observations.map((side) => [side.id, side]));
  const KINDS = {right: "Right", wrong: "Wrong", unsure: "Not sure"};
  const SPEAKS = {contradiction: "speaks against", entailment: "speaks for"};
  const INSTEAD = {neutral: "Neither for nor against", entailment: "It speaks for it", contradiction: "It speaks against it"};
  const controls = new Map();

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const TOLD_MS = 6000;
  let clearing = 0;
  const tell = (line, isError = false) => {
    byId("told").textContent = line;
    byId("told").classList.toggle("is-error", isError);
    clearTimeout(clearing);
    if (!isError) clearing = setTimeout(() => { byId("told").textContent = ""; }, TOLD_MS);
  };
  const key = (statement, observation) => [statement.start, statement.end, observation.start, observation.end].join();
  const span = ({start, end}) => ({start, end});
  // Offsets count characters as the server does, whole ones; JavaScript counts half of those beyond 0xFFFF.
  const characters = [...article];
  const quote = ({start, end}) => characters.slice(start, end).join("");

  const ask = async (address, body) => {
    const options = body && {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)};
    const response = await fetch(address, options).catch(() => { throw new Error("the server cannot be reached; is it running?"); });
    const answer = await response.json();
    if (!response.ok) {
      const detail = answer.error ?? answer.detail;
      throw new Error(typeof detail === "string" ? detail : detail?.[0]?.msg ?? `the server answered ${response.status}`);
    }
    return answer;
  };

  const NAME = "contrast-reviewer";
  const reviewer = byId("reviewer");
  const storedName = () => { try { return localStorage.getItem(NAME); } catch { return null; } };
  const storeName = (name) => { try { localStorage.setItem(NAME, name); } catch { /* the name is asked for again */ } };
  reviewer.value = storedName() ?? "";
  const nameGiven = () => reviewer.value.trim().replace(/\s+/gu, " ");

  // One after the other: of a reader's marks on a pair the latest counts, so they must arrive in the order of the clicks.
  let sending = Promise.resolve();
  const send = (body) => {
    const sent = sending.then(() => ask("/v1/reviews", body));
    sending = sent.catch(() => {});
    return sent;
  };

  const mark = async (statement, observation, relation, kind, {probability = null, instead = null} = {}) => {
    // A mark under a name made up here would count as that of another reader once the name is typed.
    if (!nameGiven()) {
      tell("Not kept: type your name first, so that your marks are told from those of others", true);
      reviewer.focus();
      return false;
    }
    const body = {
      article_sha256: page.article_sha256, reviewer: nameGiven(), statement: span(statement), observation: span(observation),
      relation, mark: kind, probability, correct_relation: instead, model_sha256: report.model.sha256,
    };
    try {
      await send(body);
    } catch (error) {
      tell(`Not kept: ${error.message}`, true);
      return false;
    }
    const kept = kind === "missed" ? "a missed pair" : [KINDS[kind], instead && INSTEAD[instead]].filter(Boolean).join(", ").toLowerCase();
    tell(`Kept as ${body.reviewer}: ${kept}`);
    await load();
    return true;
  };

  const control = (row, finding) => {
    const [statement, observation] = [statements.get(finding.statement), observations.get(finding.observation)];
    const name = `${finding.observation.toUpperCase()} ${SPEAKS[finding.relation]} ${finding.statement.toUpperCase()}`;
    const {probability} = finding;
    const choices = (labels, onChoice) => Object.entries(labels).map(([choice, label]) => {
      const button = make("button", {type: "button", class: `mark-${choice}`, "aria-pressed": "false", "data-choice": choice}, label);
      button.addEventListener("click", () => onChoice(choice));
      return button;
    });
    const buttons = choices(KINDS, (kind) => mark(statement, observation, finding.relation, kind, {probability}));
    const {[finding.relation]: _, ...labels} = INSTEAD;
    const alternatives = choices(labels, (instead) => mark(statement, observation, finding.relation, "wrong", {probability, instead}));
    const instead = make("div", {class: "instead", hidden: ""},
      make("p", {}, "What holds instead? (optional)"),
      make("div", {class: "marking", role: "group", "aria-label": `${name} is wrong: what holds instead?`}, ...alternatives));
    const others = make("p", {class: "others"});
    row.append(make("div", {class: "marking", role: "group", "aria-label": `${name}: is that right?`}, ...buttons), instead, others);
    controls.set(key(statement, observation), {buttons, instead, alternatives, others});
  };

  const press = (buttons, choice) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.choice === choice)));

  const showPair = (pair) => {
    const found = controls.get(key(pair.statement, pair.observation));
    if (!found) return;
    const mine = pair.marks.find((one) => one.reviewer === nameGiven());
    press(found.buttons, mine?.mark);
    found.instead.hidden = mine?.mark !== "wrong";
    press(found.alternatives, mine?.correct_relation);
    const others = pair.marks.filter((one) => one !== mine && one.mark !== "missed").map((one) => `${one.reviewer}: ${KINDS[one.mark].toLowerCase()}`);
    found.others.textContent = others.join(" · ") + (pair.agreement === "disputed" ? " · disputed" : "");
  };

  const showMissed = (pairs) => {
    const rows = pairs.filter((pair) => pair.marks.some((one) => one.mark === "missed")).map((pair) => {
      const missed = pair.marks.filter((one) => one.mark === "missed");
      const {reviewer: by, relation} = missed.find((one) => one.reviewer === nameGiven()) ?? missed[0];
      const row = make("li", {},
        make("p", {class: "missed-head"}, `${SPEAKS[relation]} it, added by ${by}`),
        make("blockquote", {class: "quote quote-said"}, quote(pair.statement)),
        make("blockquote", {class: "quote quote-seen"}, quote(pair.observation)));
      if (by === nameGiven()) {
        const back = make("button", {type: "button"}, "Take back");
        back.addEventListener("click", async () => {
          if (await mark(pair.statement, pair.observation, relation, "unsure")) byId("missed-statement").focus();
        });
        row.append(back);
      }
      return row;
    });
    byId("missed-pairs").replaceChildren(...rows);
  };

  const showPrecision = (found) => {
    const n = found.n_right + found.n_wrong;
    const percent = (share) => `${Math.round(100 * share)} %`;
    byId("precision").textContent = n
      ? `Precision of this model so far, in all articles: ${found.n_right} of ${n} marked ${n === 1 ? "contrast" : "contrasts"} right, ${percent(found.precision)} `
        + `(95 % interval ${percent(found.low)} to ${percent(found.high)})`
      : "Precision of this model so far: no contrast is settled yet";
    if (found.n_disputed) byId("precision").textContent += `; readers disagree on ${found.n_disputed}`;
  };

  let nLoads = 0;
  const load = async () => {
    nLoads += 1;
    const number = nLoads;
    try {
      const [{pairs}, precision] = await Promise.all([ask(`/v1/reviews?article_sha256=${page.article_sha256}`), ask(`/v1/reviews/precision?model_sha256=${report.model.sha256}`)]);
      if (number !== nLoads) return;
      controls.forEach(({buttons, instead, alternatives, others}) => {
        press([...buttons, ...alternatives]);
        instead.hidden = true;
        others.textContent = "";
      });
      pairs.forEach(showPair);
      showMissed(pairs);
      showPrecision(precision);
    } catch (error) {
      if (number === nLoads) tell(`The marks cannot be shown: ${error.message}`, true);
    }
  };

  const short = (words) => {
    const letters = [...words];
    return letters.length > 110 ? `${letters.slice(0, 108).join("")} …` : words;
  };
  const fill = (select, sides, label) => {
    const places = new Set(sides.map(({start}) => start));
    const option = (side, name) => make("option", {value: `${side.start},${side.end}`}, short(`${name}${quote(side)}`));
    const others = page.sentences.map(([start, end]) => ({start, end})).filter(({start}) => !places.has(start));
    select.append(
      make("option", {value: ""}, "choose a sentence"),
      make("optgroup", {label}, ...sides.map((side) => option(side, `${side.id.toUpperCase()}  `))),
      make("optgroup", {label: "other sentences"}, ...others.map((side) => option(side, ""))));
  };

  byId("missed").addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = ["statement", "observation"].map((side) => byId(`missed-${side}`).value.split(",").map(Number));
    const [statement, observation] = chosen.map(([start, end]) => ({start, end}));
    if (statement.start === observation.start) {
      tell("Not kept: choose two different sentences", true);
      return;
    }
    mark(statement, observation, byId("missed-relation").value, "missed");
  });
  reviewer.addEventListener("change", () => {
    reviewer.value = nameGiven();
    storeName(reviewer.value);
    tell("");
    load();
  });

  all(".card").forEach((card) => {
    const id = card.dataset.statement.replace(/^a\d+-/u, "");
    all(".evidence > li", card).forEach((row) => {
      const relation = row.parentElement.classList.contains("evidence-against") ? "contradiction" : "entailment";
      const findings = relation === "contradiction" ? report.contrasts : report.supports;
      const finding = findings.find((one) => one.statement === id && one.observation === row.dataset.observation);
      if (finding) control(row, finding);
    });
  });
  fill(byId("missed-statement"), report.statements, "statements found");
  fill(byId("missed-observation"), report.observations, "observations found");
  byId("reviewing").hidden = false;
  byId("missing").hidden = false;
  load();
})();
