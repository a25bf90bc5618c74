// The start page's buttons. Each calls the service as an outsider would and shows the call and its answer.
// Answers are shown as text, never as markup, because they contain what people sent.
const { prefix, origin } = document.body.dataset;
const visitor = crypto.randomUUID();
let token = "";
let started = new Date(0).toISOString(); // mails before the last request do not count
let erasing = ""; // the id of the last request for erasure

const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

const email = () => document.getElementById("email").value.trim();

function element(name, text, className) {
  const e = document.createElement(name);
  if (text !== undefined) e.textContent = text;
  if (className) e.className = className;
  return e;
}

// call sends one request and shows it with its answer; an unsuccessful status ends the step.
async function call(out, method, path, { via = "", body, headers = {}, show = (answer) => element("pre", JSON.stringify(answer, null, 2)) } = {}) {
  out.append(element("p", `${method} ${path}`, "call"));
  const isRaw = body instanceof URLSearchParams || typeof body === "string";
  const response = await fetch(via + path, {
    method,
    headers: body && !isRaw ? { "Content-Type": "application/json", ...headers } : headers,
    body: body && !isRaw ? JSON.stringify(body) : body,
    cache: "no-store",
  });
  const text = await response.text();
  let answer = text;
  try { answer = JSON.parse(text); } catch { /* shown as it is */ }
  out.append(element("p", `${response.status} ${response.statusText}`, response.ok ? "call" : "call bad"));
  const view = response.ok ? show(answer) : element("pre", typeof answer === "string" ? answer : JSON.stringify(answer, null, 2));
  if (view.tagName === "PRE") view.tabIndex = 0;
  out.append(view);
  if (!response.ok) throw new Error("refused");
  return answer;
}

// The steps, by the name of their button. A step that does its card's whole job returns nothing, and the card is ticked. Other steps return false.
const steps = {
  async token(out) {
    const body = new URLSearchParams({ grant_type: "client_credentials", scope: "records.write" });
    const hidden = (answer) => element("pre", JSON.stringify({ ...answer, access_token: answer.access_token.slice(0, 24) + "…" }, null, 2));
    token = (await call(out, "POST", `${prefix}/oauth/token`, { body, show: hidden })).access_token;
    return false;
  },
  async record(out) {
    if (!token) await steps.token(out);
    const subject = { email: email() };
    await call(out, "PUT", "/v1/records/contact/primary", {
      via: `${prefix}/system`, // ingest refuses browsers, so the call must look like one of the company's systems
      headers: { Authorization: `Bearer ${token}` },
      body: { subject, source: "direct", occurredAt: new Date().toISOString(), data: { email: email(), phone: "+442079460000", company: "Example Ltd" } },
    });
  },
  async grant(out) {
    const { version } = await call(out, "GET", "/v1/policy", { show: (policy) => element("p", `Version ${policy.version} is in force.`) });
    await call(out, "POST", "/v1/consents", {
      body: { subject: { visitor }, decisions: { analytics_cookies: "granted" }, policyVersion: version, language: "en", surface: "banner" },
    });
  },
  async read(out) {
    await call(out, "GET", `/v1/consents/${visitor}`);
    return false;
  },
  async withdraw(out) {
    await call(out, "POST", `/v1/consents/${visitor}/withdraw`, { body: {} });
    return false;
  },
  async file(out) {
    started = new Date().toISOString();
    await call(out, "POST", "/v1/requests", { body: { right: "portability", email: email() } });
  },
  link: (out) => findMail(out, "/me#", "Open the link"),
  async again(out) {
    started = new Date().toISOString();
    await call(out, "POST", "/v1/links", { body: { email: email() } });
    await findMail(out, "/me#", "Open the new link");
    return false;
  },
  answer: (out) => findMail(out, "/exports/", "Open the export"),
  async optOut(out) {
    await call(out, "POST", "/v1/requests", { body: { right: "opt_out", email: email() } });
    await decide(out, "marketing_cookies");
  },
  async object(out) {
    await call(out, "POST", "/v1/requests", { body: { right: "objection", email: email(), purposes: ["business_development", "marketing_email"] } });
    await decide(out, "business_development");
  },
  async decide(out) {
    for (const purpose of ["marketing_cookies", "business_development"]) await decide(out, purpose);
    return false;
  },
  async erasure(out) {
    started = new Date().toISOString();
    erasing = (await call(out, "POST", "/v1/requests", { body: { right: "erasure", email: email() } })).id;
    await findMail(out, "/me#", "Open the link");
    return false;
  },
  async plan(out) {
    await findMail(out, "/me#", "Open the newest link");
    return false;
  },
  watch: (out) => watchErasure(out),
  async write(out) {
    started = new Date().toISOString();
    const body = `From: ${email()}\nTo: privacy@helpdeskexpert.com\nSubject: My data\n\nPlease send me a copy of my data.\n`;
    await call(out, "POST", `${prefix}/mail/inbound`, { headers: { "Content-Type": "message/rfc822" }, body });
    const waiting = out.appendChild(element("div"));
    return findMail(waiting, "/me#", "Open the link");
  },
  async purge(out) {
    await call(out, "POST", `${prefix}/schedules/PurgeSchedule`, { show: report });
  },
  letters: (out) => watchLetters(out),
};

// decide asks, as one of the company's systems, whether the person's data may be used for a purpose.
async function decide(out, purpose) {
  const body = new URLSearchParams({ grant_type: "client_credentials", scope: "decisions.read" });
  const grant = await (await fetch(`${prefix}/oauth/token`, { method: "POST", body, cache: "no-store" })).json();
  await call(out, "POST", "/v1/decisions", {
    via: `${prefix}/system`, headers: { Authorization: `Bearer ${grant.access_token}` }, body: { subject: { email: email() }, purpose },
  });
}

// findMail searches for the newest mail to the address with a link that begins with the path, for as long as the schedules may take.
async function findMail(out, path, label) {
  out.append(element("p", "Looking…"));
  for (let attempt = 0; attempt < 260; attempt++) {
    const { mail, link } = await newestMail(path);
    if (link) {
      out.replaceChildren(element("p", `“${mail.subject}”, to ${mail.to.join(", ")}`), leadsTo(link, label));
      return true;
    }
    await pause(500);
  }
  out.replaceChildren(element("p", "There is no such email yet. Have you done the step before with this address?", "bad"));
  return false;
}

// newestMail returns the newest mail to the address with a link that begins with the path, and the link; nothing if there is none.
async function newestMail(path) {
  const mails = await (await fetch(`${prefix}/mail.json`, { cache: "no-store" })).json();
  for (const mail of mails.reverse()) {
    const link = mail.text.split("\n").find((line) => line.startsWith(origin + path));
    if (link && mail.to.includes(email()) && mail.at >= started) return { mail, link: link.trim() };
  }
  return {};
}

function leadsTo(href, label) {
  const a = element("a", label, "button");
  a.href = href;
  a.target = "_blank";
  return a;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// What each state of an erasure means.
const erasures = {
  planning: "The plan is being made.",
  planned: "The plan waits until the person agrees to it. An email has a link to it.",
  telling: "The person agreed. An email that says how to cancel it is on its way.",
  cooling: "It begins soon, and can be cancelled until then.",
  erasing: "It has begun. The last pass waits for writes that were on their way.",
  mailing: "It is done. The email with the certificate is on its way.",
  watching: "It is done. What is withheld leaves when its ground ends.",
  done: "It is done, and nothing is left.",
  cancelled: "It was cancelled.",
};

// watchErasure follows the erasure that was asked for here, from the plan to the certificate, for half an hour at most. It fires the schedule when
// something is due, so that nobody waits for the next minute.
async function watchErasure(out) {
  const words = element("p", "Looking…");
  const left = element("p", undefined, "hint");
  left.setAttribute("role", "timer"); // screen readers do not read each second
  out.replaceChildren(words, left);
  for (let attempt = 0; attempt < 1800; attempt++) {
    const { link = "" } = await newestMail(`/requests/${erasing}`);
    const [path, token] = link.split("#");
    const asked = token && await fetch(`/v1/requests/${path.split("/").pop()}/plan`, { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
    const { state, erasesAt } = asked?.ok ? await asked.json() : {};
    const text = erasures[state] ?? "Nothing has begun yet. Open the link in the first email and confirm the request. Then open the link in the second email and agree to the plan.";
    if (words.textContent !== text) words.textContent = text;
    const seconds = Math.ceil((Date.parse(erasesAt) - Date.now()) / 1000);
    left.textContent = state === "cooling" ? remains(seconds, erasesAt) : "";
    if (state === "cooling" && seconds > 600) return false;
    if (["watching", "done"].includes(state)) return certificate(out, path.split("/").pop(), token);
    if (state === "cancelled") return false;
    if (state === "erasing" || state === "cooling" && seconds <= 0) await fetch(`${prefix}/schedules/EraseSchedule`, { method: "POST" });
    await pause(1000);
  }
  return false;
}

// remains says how long an erasure can still be cancelled.
function remains(seconds, at) {
  if (seconds > 600) return `It begins on ${when.format(new Date(at))} UTC. Start the service with make run COOLING_OFF=5s to see it at once.`;
  return seconds > 0 ? `${seconds} seconds are left to cancel it.` : "The time is over.";
}

// certificate shows what the certificate of an erasure says, and lets it be saved.
async function certificate(out, id, token) {
  const answer = await fetch(`/v1/requests/${id}/certificate`, { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
  if (!answer.ok) return false;
  const jws = (await answer.text()).trim();
  const bytes = Uint8Array.from(atob(jws.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const said = element("pre", JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2));
  said.tabIndex = 0;
  const save = leadsTo(URL.createObjectURL(new Blob([jws], { type: "application/jose" })), "Save the certificate");
  save.download = "certificate.jws";
  out.append(said, save);
  return true;
}

// report shows the retention report as a table: what was deleted, what is oldest, what is overdue.
function report({ sweptAt, categories }) {
  const table = element("table");
  table.append(element("caption", `Swept on ${when.format(new Date(sweptAt))} UTC`));
  const head = table.createTHead().insertRow();
  for (const title of ["Category", "Rule", "Deleted", "Oldest", "Overdue"]) {
    const th = element("th", title, ["Deleted", "Overdue"].includes(title) ? "number" : "");
    th.scope = "col";
    head.append(th);
  }
  const rows = table.createTBody();
  for (const { category, rule, deleted, oldest, overdue } of categories) {
    const row = rows.insertRow();
    row.append(element("td", category), element("td", rule), element("td", deleted, "number"),
      element("td", oldest ? day.format(new Date(oldest)) : "–"), element("td", overdue, "number"));
  }
  const scroll = element("div", undefined, "scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Retention report");
  scroll.append(table);
  return scroll;
}

// newest returns the version that was published last, and its notice campaign if there is one.
async function newest() {
  const [version] = await (await fetch("/v1/policy/versions", { cache: "no-store" })).json();
  const answer = await fetch(`${prefix}/notices/${version.version}`, { cache: "no-store" });
  if (!answer.ok && answer.status !== 404) throw new Error("no campaign could be read");
  return { version, campaign: answer.ok ? await answer.json() : undefined };
}

// What each state of a campaign means. A campaign in one of the settled states mails nobody else for now.
const states = {
  scheduled: "It begins within a minute.",
  running: "The letters are leaving now.",
  blocked: "SES does not let it go on. The service tries again every minute.",
  paused: "Somebody paused it.",
  following: "Everybody was mailed once. For some time the service looks every day for new account holders.",
  finished: "It is finished.",
  cancelled: "Somebody cancelled it.",
  before: "It was in force before this data folder was new, so nobody is mailed. Publish a newer version, and its letters appear here.",
};
const settled = ["following", "finished", "cancelled"];

// watchLetters shows the campaign about the newest version until its letters have arrived, for half an hour at most.
async function watchLetters(out) {
  let shown = "";
  for (let attempt = 0; attempt < 900; attempt++) {
    const found = await newest();
    if (JSON.stringify(found) !== shown) { // a screen reader reads every change aloud
      shown = JSON.stringify(found);
      out.replaceChildren(...letters(found));
    }
    const { state, counts } = found.campaign ?? {};
    if (settled.includes(state) && counts.accepted + counts.waiting === 0) return counts.told > 0;
    await pause(2000);
  }
  return false;
}

// letters shows a version and how far its campaign is.
function letters({ version, campaign }) {
  const name = element("p", `The newest version is ${version.version}. ${version.state === "coming" ? `It comes into force on ${day.format(new Date(version.effectiveFrom))}. ` : ""}`);
  if (!campaign) {
    name.append(version.kind === "editorial" ? "Its kind is editorial, so nobody is told by mail." : "There is no campaign about it yet: the service looks for new versions every minute.");
    return [name];
  }
  name.append(`Its campaign is ${campaign.state}${campaign.reason ? ` (${campaign.reason})` : ""}. ${states[campaign.state] ?? ""}`);
  if (campaign.state === "before") return [name];
  const difference = element("a", "See the difference", "button");
  difference.href = `/policy/changes/${version.version}`;
  difference.target = "_blank";
  if (settled.includes(campaign.state) && campaign.counts.recipients === 0) return [name, element("p", "There was no account holder to mail. Invent some by make seed, and publish another example."), difference];
  return [name, counted(campaign), difference];
}

// counted shows how many letters are in which state.
function counted({ counts, expected = 0 }) {
  const table = element("table", undefined, "counts");
  table.append(element("caption", `${counts.recipients} of ${Math.max(expected, counts.recipients)} people`));
  const rows = table.createTBody();
  for (const [title, n] of [["Delivered", counts.told], ["Accepted by SES, not delivered yet", counts.accepted], ["Waiting for SES", counts.waiting],
    ["Unknown whether SES took it", counts.unknown], ["Failed", counts.failed]]) {
    const row = rows.insertRow();
    const th = element("th", title);
    th.scope = "row";
    row.append(th, element("td", n, "number"));
  }
  return table;
}

for (const button of document.querySelectorAll("button[data-do]")) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    const card = button.closest("li");
    const out = card.querySelector(".answer");
    out.replaceChildren();
    button.setAttribute("aria-busy", "true");
    try {
      if ((await steps[button.dataset.do](out)) !== false) card.classList.add("done");
    } catch (error) {
      if (error.message !== "refused") out.append(element("p", "The service did not answer. Is it still running?", "bad"));
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

for (const pre of document.querySelectorAll("details > pre")) {
  const copy = element("button", "Copy", "copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  pre.before(copy);
}
