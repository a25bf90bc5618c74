// Shows new mails as they arrive. A reader keeps the scroll position and the focus, and unfolded mails stay unfolded.
const { prefix } = document.body.dataset;
const list = document.querySelector("main");
const news = document.getElementById("news");
const pause = 2000; // milliseconds between two requests for new mails

// look asks for the mails that are newer than the newest one shown. The server has escaped every text in them.
async function look() {
  const newest = list.querySelector(".mail")?.dataset.id ?? "";
  const response = await fetch(`${prefix}/mail/new?after=${encodeURIComponent(newest)}`, { cache: "no-store" });
  if (response.status === 410) return location.reload(); // the server has another mailbox than this page
  if (!response.ok) throw new Error("no answer");
  const mails = [...new DOMParser().parseFromString(await response.text(), "text/html").querySelectorAll("body > .mail")];
  if (mails.length > 0) add(mails);
  else if (news.dataset.lost) say("");
}

function add(mails) {
  document.getElementById("none")?.remove();
  const first = list.querySelector(".mail");
  const writes = document.getElementById("write").contains(document.activeElement); // above the mails, so it stays where it is
  const isReading = first && !writes && (scrollY > 0 || list.contains(document.activeElement));
  const top = first?.getBoundingClientRect().top;
  if (first) mails[0].open = false; // an open mail on top would push the reader's mail away
  list.prepend(...mails);
  if (isReading) scrollBy({ top: first.getBoundingClientRect().top - top, behavior: "instant" });
  document.title = document.title.replace(/\d+/, (total) => Number(total) + mails.length);
  say(mails.length === 1 ? `New email: ${mails[0].querySelector("strong").textContent}` : `${mails.length} new emails`);
}

// say shows a line in a corner, where it moves nothing else. A line about mails disappears after a while; a line about a stopped stack stays
// until the stack answers again.
let fading;
function say(text, lost = "") {
  clearTimeout(fading);
  news.textContent = text;
  news.dataset.lost = lost;
  if (!lost) fading = setTimeout(() => { news.textContent = ""; }, 8000);
}

async function watch() {
  if (!document.hidden) {
    await look().catch(() => news.dataset.lost || say("The local stack does not answer. Is it still running?", "lost"));
  }
  setTimeout(watch, pause);
}

watch();
