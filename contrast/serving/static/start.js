"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const [form, text, file, drop, refusal, progress, words, bar] =
    ["intake", "text", "file", "drop", "refusal", "progress", "progress-words", "progress-bar"].map(byId);
  const EXAMPLE = `Ferry will sail all winter, Norlund Lines says
2024-11-22

Norlund Lines promised in October that the Lindsund ferry would sail every day this winter.
On 20 November the ferry lay at the quay for the third day running, its engine covered.
The company said that it had hired six deckhands since August.
The crew list names the same four deckhands in August and in November, and no new ones.
The company denied that it had cut the wages of its crew.
Pay slips of the crew show wages a tenth lower in October than in September.
Norlund Lines said that it would paint the waiting room.
The walls of the waiting room were painted white on Friday.
Islanders fetched their bread by rowing boat on Thursday.`;
  const POLL_MS = 300;
  const MAX_MISSES = 40;
  // The check that the page shows, and its id once the server has told it.
  let attempt = null;

  const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

  const refuse = (line) => {
    attempt = null;
    progress.hidden = true;
    form.hidden = false;
    refusal.hidden = false;
    refusal.textContent = line;
    text.focus();
  };

  const tell = (check) => {
    const line = {
      waiting: check.n_before ? `Waiting: ${count(check.n_before, "text")} before this one` : "Waiting for the model",
      opening: "Reading the text",
      reading: `Reading: ${check.n_done.toLocaleString("en")} of ${count(check.n_all, "sentence")}`,
      judging: `Judging: ${check.n_done.toLocaleString("en")} of ${count(check.n_all, "pair")}`,
      explaining: `Measuring which words carry it: ${check.n_done.toLocaleString("en")} of ${count(check.n_all, "contrast")}`,
      done: "Done",
    }[check.step];
    if (words.textContent !== line) words.textContent = line;
    if (check.n_all) {
      bar.max = check.n_all;
      bar.value = check.n_done;
    } else {
      bar.removeAttribute("value");
    }
  };

  const ask = async (address, options) => {
    const response = await fetch(address, options);
    let answer;
    try {
      answer = await response.json();
    } catch {
      answer = {error: `the server answered ${response.status}; try again`};
    }
    if (!response.ok) throw Object.assign(new Error(answer.error), {isRefusal: true, status: response.status});
    return answer;
  };
  const send = (body) => ask("/v1/checks", {method: "POST", body});

  // A server that does not answer for a moment (it is being started anew, the lid was closed) is asked again.
  const follow = async (mine) => {
    let misses = 0;
    while (attempt === mine) {
      await wait(POLL_MS);
      try {
        const now = await ask(`/v1/checks/${mine.id}`);
        misses = 0;
        if (attempt !== mine) return;
        if (now.step === "refused") throw Object.assign(new Error(now.error), {isRefusal: true});
        tell(now);
        if (now.step === "done") {
          location.assign(now.address);
          return;
        }
      } catch (error) {
        if (attempt !== mine) return;
        if (error.status === 404 && !mine.isSentAgain) { // a server that was started anew knows nothing of it
          mine.isSentAgain = true;
          mine.id = (await send(mine.body)).id;
          continue;
        }
        misses += 1;
        if (error.isRefusal || misses > MAX_MISSES) throw error;
        words.textContent = "The server does not answer; asking again";
      }
    }
  };

  const giveUp = (id) => fetch(`/v1/checks/${id}`, {method: "DELETE"});

  const check = async () => {
    refusal.hidden = true;
    if (!text.value.trim() && !file.files.length) {
      refuse("Paste a text or choose a file first.");
      return;
    }
    const body = new FormData();
    if (file.files.length) body.append("file", file.files[0]);
    if (text.value.trim()) body.append("text", text.value);
    const mine = {id: null, body};
    attempt = mine;
    form.hidden = true;
    progress.hidden = false;
    words.textContent = "Sending";
    bar.removeAttribute("value");
    byId("stop").focus();
    try {
      const started = await send(body);
      mine.id = started.id;
      if (attempt !== mine) {
        await giveUp(mine.id);
        return;
      }
      tell(started);
      await follow(mine);
    } catch (error) {
      if (attempt === mine) refuse(error.isRefusal ? error.message : "The server cannot be reached. Is it running? Try again.");
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  byId("stop").addEventListener("click", () => {
    if (attempt?.id) giveUp(attempt.id).catch(() => {});
    refuse("Stopped. The text is still here.");
  });
  byId("example").hidden = false;
  byId("example").addEventListener("click", () => {
    text.value = EXAMPLE;
    file.value = "";
    text.focus();
  });
  text.addEventListener("input", () => { if (text.value) file.value = ""; });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  const isFiles = (event) => [...event.dataTransfer.types].includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    addEventListener(name, (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    addEventListener(name, (event) => {
      if (name === "drop" || !event.relatedTarget) drop.classList.remove("is-over");
    });
  }
  addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    const [first, ...others] = event.dataTransfer.files;
    if (form.hidden || !first) return;
    const taken = new DataTransfer();
    taken.items.add(first);
    file.files = taken.files;
    if (others.length) {
      refuse(`One article at a time: of ${others.length + 1} files only ${first.name} is taken. Check it, or choose another.`);
      return;
    }
    form.requestSubmit();
  });
  // Back from a report, the browser may show the page as it was left.
  addEventListener("pageshow", () => {
    progress.hidden = true;
    form.hidden = false;
    attempt = null;
  });
})();
