// What the dashboard does beyond plain pages: it keeps what is seen up to date, asks in a dialog, takes dropped files and
// shows times in the reader's zone. Without it everything works by forms and links.
"use strict";

// Live: whenever the host tells that something happened, and every so often otherwise, the page is fetched again and the
// sections that say something else are changed in place. What is focused, unfolded or typed stays.

// A search reads every row there is, so it is not repeated whenever something happens.
const AT_MOST_EVERY = new URLSearchParams(location.search).get("search") ? 30000 : 1000;
const WITHOUT_STREAM = 5000;
// That a message was sent or an entry was corrected is no event.
const WITH_STREAM = /^\/(webhooks|library\/)/.test(location.pathname) ? 5000 : 30000;
const TRY_STREAM_AGAIN = 30000;

const live = document.getElementById("live");
let stream = null;
let isLive = false;
let fetched = Date.now();
let timer = 0;
let due = Infinity;
let fetching = false;
let missed = false;
let retryingStream = 0;

function say(text) {
    if (!live) return;
    live.hidden = false;
    if (live.textContent !== text) live.textContent = text;
}

function fetchAfter(ms) {
    const at = Math.max(Date.now() + ms, fetched + AT_MOST_EVERY);
    if (at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(refresh, at - Date.now());
}

async function refresh() {
    due = Infinity;
    // What happens while the page is on its way may not be on it.
    missed = fetching;
    if (fetching || document.hidden) return;
    fetching = true;
    try {
        const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" }, redirect: "manual" });
        if (answer.type === "opaqueredirect") {
            say("Signed out: load the page again");
            stopStream();
            return;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        show(new DOMParser().parseFromString(await answer.text(), "text/html"));
        say(isLive ? "Live" : "Not live: looked at every 5 s");
        next();
    } catch {
        say("The host does not answer: what is shown may be old");
        next();
    } finally {
        fetched = Date.now();
        fetching = false;
        if (missed) fetchAfter(0);
    }
}

function next() {
    fetchAfter(isLive ? WITH_STREAM : WITHOUT_STREAM);
}

function startStream() {
    if (stream || document.hidden) return;
    stream = new EventSource("/api/events");
    stream.onopen = () => {
        isLive = true;
        say("Live");
        fetchAfter(0);
    };
    stream.onerror = () => {
        isLive = false;
        say("Not live: looked at every 5 s");
        if (stream && stream.readyState === EventSource.CLOSED) {
            stopStream();
            clearTimeout(retryingStream);
            retryingStream = setTimeout(startStream, TRY_STREAM_AGAIN);
        }
        next();
    };
    stream.onmessage = () => fetchAfter(0);
    for (const name of live.dataset.told.split(" ")) stream.addEventListener(name, () => fetchAfter(0));
}

function stopStream() {
    if (stream) stream.close();
    stream = null;
    isLive = false;
}

// A page that nobody looks at holds no connection.
document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stopStream();
    startStream();
    fetchAfter(0);
});

function show(page) {
    localise(page);
    if (document.title !== page.title) document.title = page.title;
    for (const section of document.querySelectorAll("[data-live]")) {
        const now = page.getElementById(section.id);
        if (now) morph(section, now);
    }
    dress(document);
}

// Makes one element what another is, child by child, so that what stays the same stays the same element.
function morph(old, now) {
    if (old.isEqualNode(now) || isHeld(old)) return;
    for (const { name } of [...old.attributes]) if (!now.hasAttribute(name) && !isOurs(old, name)) old.removeAttribute(name);
    for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value && !isOurs(old, name)) old.setAttribute(name, value);
    const are = [...old.childNodes];
    const become = [...now.childNodes];
    become.forEach((child, at) => {
        const is = are[at];
        if (!is) old.append(child);
        else if (is.nodeType !== child.nodeType || is.nodeName !== child.nodeName || is.id !== child.id) {
            if (!is.contains(document.activeElement)) is.replaceWith(child);
        } else if (is.nodeType === Node.ELEMENT_NODE) morph(is, child);
        else if (is.nodeValue !== child.nodeValue) is.nodeValue = child.nodeValue;
    });
    for (const rest of are.slice(become.length)) if (!rest.contains(document.activeElement)) rest.remove();
}

// What the reader unfolded, or the script added, is not for the host to say.
function isOurs(element, name) {
    return (element.nodeName === "DETAILS" && name === "open") || name === "data-dressed" || name === "aria-haspopup";
}

// A question that is asked, and a form that was touched, are left as they are.
function isHeld(element) {
    if (element.nodeName === "DETAILS" && element.dataset.asked) return true;
    if (element.nodeName !== "FORM") return false;
    const typed = (field) =>
        field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
        : field.type === "file" ? field.files.length > 0
        : field.nodeName === "SELECT" ? [...field.options].some((option) => option.selected !== option.defaultSelected)
        : "defaultValue" in field && field.value !== field.defaultValue;
    const isEdited = document.activeElement && element.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    return isEdited || [...element.elements].some(typed);
}

// Times in the reader's zone.
function localise(page) {
    for (const time of page.querySelectorAll("time[data-form]")) {
        const at = new Date(time.dateTime);
        if (Number.isNaN(at.getTime())) continue;
        const clock = { hour: "2-digit", minute: "2-digit", hour12: false };
        const form = time.dataset.form === "day" ? { day: "2-digit", month: "short", ...clock } : clock;
        time.textContent = at.toLocaleString("en-GB", form).replace(",", "");
    }
}

// Questions in a dialog: the form is lent to it, and given back.

const dialog = document.getElementById("dialog");

function ask(details) {
    const form = details.querySelector("form");
    const question = form.querySelector(".question");
    details.dataset.asked = "yes";
    question.id = "dialog-question";
    form.querySelector("[data-close]").hidden = false;
    dialog.replaceChildren(form);
    dialog.onclose = () => {
        question.removeAttribute("id");
        form.querySelector("[data-close]").hidden = true;
        details.append(form);
        delete details.dataset.asked;
        details.querySelector("summary").focus();
    };
    dialog.showModal();
    (form.querySelector("input:not([type=hidden])") || form.querySelector("[data-close]")).focus();
}

function dress(page) {
    for (const summary of page.querySelectorAll("details.ask > summary")) summary.setAttribute("aria-haspopup", "dialog");
}

document.addEventListener("click", (event) => {
    const summary = event.target.closest("details.ask > summary");
    if (summary && dialog && dialog.showModal) {
        event.preventDefault();
        ask(summary.parentElement);
    } else if (event.target.closest("[data-close]") || event.target === dialog) dialog.close();
});

// A form is sent once.
document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target.method === "get" || !button) return;
    if (button.getAttribute("aria-busy")) return event.preventDefault();
    button.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// A file that is dropped anywhere on its form is as if it was chosen.
for (const form of document.querySelectorAll("form[data-drop]")) {
    const input = form.querySelector("input[type=file]");
    const area = form.closest("section") || form;
    const over = (is) => form.classList.toggle("over", is);
    area.addEventListener("dragover", (event) => {
        event.preventDefault();
        over(true);
    });
    area.addEventListener("dragleave", (event) => over(area.contains(event.relatedTarget)));
    area.addEventListener("drop", (event) => {
        event.preventDefault();
        over(false);
        if (event.dataTransfer.files.length === 0) return;
        input.files = event.dataTransfer.files;
        input.focus();
    });
}

// What was just done is said once: not again when the page is loaded again.
const here = new URL(location.href);
if (here.searchParams.has("said")) {
    here.searchParams.delete("said");
    here.searchParams.delete("n");
    history.replaceState(null, "", here);
}

localise(document);
dress(document);
if (live) {
    say("Connecting");
    startStream();
    next();
}
