// The phone: polls the double's version and redraws what changed.
import { drawMessage, el, isWide } from "./messages.js";

const $ = (name) => document.getElementById(name);
const SENDING = "push,multicast,reply,narrowcast,broadcast";
const SWITCHES = [
  ["429 太快", "rate limit", { on: SENDING, do: "rate_limit" }],
  ["429 額度用完", "monthly quota", { on: SENDING, do: "quota" }],
  ["500 受理前", "error before accept", { on: SENDING, do: "error" }],
  ["逾時 受理後", "timeout after accept", { on: SENDING, do: "timeout_after_accept", seconds: 30 }],
  ["慢 3 秒", "slow 3 s", { on: SENDING, do: "slow", seconds: 3 }],
  ["401 權杖失效", "unauthorized", { on: SENDING, do: "unauthorized" }],
  ["事件遺失", "webhook dropped", { on: "webhook", do: "drop" }],
  ["事件重複", "webhook duplicated", { on: "webhook", do: "duplicate" }],
  ["事件亂序", "webhook reordered", { on: "webhook", do: "reorder" }],
  ["扣款後 1199", "LINE Pay 1199 after confirm", { on: "pay.confirm", do: "code_after_move", code: "1199" }],
  ["扣款後 9000", "LINE Pay 9000 after confirm", { on: "pay.confirm", do: "code_after_move", code: "9000" }],
  ["付款逾時 受理後", "LINE Pay timeout after confirm", { on: "pay.confirm", do: "timeout_after_accept", seconds: 60 }],
];
const MODES = { once: { times: 1 }, third: { probability: 0.3, seed: 7 }, always: {} };
let state = null, version = "", chat = decodeURIComponent(location.hash.slice(1)), drawn = "", seen = {};
try { seen = JSON.parse(sessionStorage.getItem("seen") || "{}"); } catch { seen = {}; }

async function call(method, path, body) {
  const options = { method, headers: body === undefined ? {} : { "content-type": "application/json" } };
  const answer = await fetch(`/_double/${path}`, { ...options, body: body === undefined ? undefined : JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
}

const TAIPEI = { timeZone: "Asia/Taipei", hour12: false };
const clock = (text) => new Date(text).toLocaleTimeString("zh-TW", { ...TAIPEI, hour: "2-digit", minute: "2-digit" });
const hue = (text) => [...text].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
function face(name, shop = false) {
  const node = el("span", { class: `face ${shop ? "shop" : ""}`, "aria-hidden": "true" }, [...name][0] || "?");
  if (!shop) node.style.background = `hsl(${hue(name)} 45% 45%)`;
  return node;
}

// -- lists ------------------------------------------------------------------------------------------------------

const STATES = { blocked: "已封鎖 blocked", stranger: "非好友 not a friend", deleted: "已刪除 deleted" };
function drawChats() {
  const rows = [...state.users.map((one) => ({ ...one, group: false })), ...state.groups.map((one) => ({ ...one, group: true }))];
  rows.sort((a, b) => (b.last?.seq ?? -1) - (a.last?.seq ?? -1));
  if (!rows.some((row) => row.id === chat)) chat = rows[0]?.id || "";
  $("chats").replaceChildren(...rows.map((row) => {
    const fresh = row.last && !row.last.mine && row.id !== chat && (seen[row.id] ?? -1) < row.last.seq;
    return el("li", {}, el("button", { type: "button", "aria-current": row.id === chat, on: { click: () => open(row.id) } },
      face(row.name),
      el("span", { class: "who" }, el("b", {}, row.group ? `${row.name}（${row.members.length}）` : row.name,
        STATES[row.state] ? el("span", { class: "tag" }, STATES[row.state]) : null),
      el("span", {}, row.last?.text || "還沒有訊息 no messages yet")),
      fresh ? el("span", { class: "new", title: "新訊息 new" }) : null));
  }));
}

function drawDesk() {
  const spent = (rule) => rule.times !== null && rule.hits >= rule.times;
  const pressed = new Set(state.faults.filter((rule) => !spent(rule)).map((rule) => rule.id));
  $("switches").replaceChildren(...SWITCHES.map(([zh, en, rule], index) => el("button", {
    type: "button", "aria-pressed": pressed.has(`ui-${index}`),
    on: { click: () => toggle(index, rule, pressed.has(`ui-${index}`)) },
  }, zh, el("small", {}, en))));
  $("rules").replaceChildren(...state.faults.map((rule) => el("li", {},
    el("span", { class: "t" }, `${rule.do || rule.script.join(" → ")} `, el("small", {}, `${rule.on}${rule.to ? ` → ${rule.to.slice(0, 9)}…` : ""}`)),
    el("span", { class: `badge ${rule.hits ? "bad" : "dim"}` }, `${rule.hits} 次 hits${spent(rule) ? "・用完 spent" : ""}`),
    el("button", { type: "button", "aria-label": "移除 remove", on: { click: () => call("DELETE", `faults/${rule.id}`).then(poll) } }, "×"))));
  const limit = state.settings.quota;
  $("used").textContent = `已用 used ${state.used}${limit === null ? "" : ` / ${limit}`}`;
  if (document.activeElement?.name !== "quota") document.querySelector("#quota input").value = limit ?? "";
  const ahead = Math.round(state.settings.clock_offset);
  $("clock").textContent = `${new Date(state.now).toLocaleString("zh-TW", TAIPEI)}${ahead ? `（＋${ahead} s）` : ""}`;
  drawLogs();
}

const none = () => el("li", {}, el("small", {}, "還沒有 nothing yet"));
const fill = (name, rows) => $(name).replaceChildren(...(rows.length ? rows : [none()]));
function drawLogs() {
  fill("sends", [...state.sends].reverse().map((send) => el("li", {},
    el("span", { class: "badge" }, send.kind), el("span", { class: "t" }, send.text),
    el("small", {}, `${clock(send.at)} · ${send.recipients} 人 · 計 ${send.counted}${send.tries > 1 ? ` · ${send.tries} 次嘗試 tries` : ""}`),
    send.retry_key ? el("code", { title: send.retry_key }, `key ${send.retry_key.slice(0, 8)}`) : null)));
  $("hook").textContent = state.settings.webhook_url || "未設定 not set";
  fill("events", [...state.events].reverse().map((event) => {
    const last = event.attempts.at(-1);
    return el("li", {}, el("span", { class: `badge ${event.outcome === "delivered" ? "" : event.outcome === "failed" ? "bad" : "dim"}` }, event.outcome),
      el("span", { class: "t" }, event.event.type), el("small", {}, last ? `${last.status || last.reason} · ${last.milliseconds} ms · ×${event.attempts.length}` : ""));
  }));
  fill("payments", [...state.payments].reverse().map((pay) => el("li", {},
    el("span", { class: `badge ${["cancelled", "failed", "voided"].includes(pay.state) ? "bad" : "dim"}` }, pay.state),
    el("span", { class: "t" }, `${pay.currency} ${pay.amount.toLocaleString()} · ${pay.orderId}`),
    el("a", { href: pay.page, target: "_blank" }, "付款頁 page"))));
}

// -- the chat ---------------------------------------------------------------------------------------------------

async function drawChat() {
  const person = state.users.find((one) => one.id === chat), group = state.groups.find((one) => one.id === chat);
  $("title").textContent = group ? `${group.name}（${group.members.length + (group.bot_in ? 1 : 0)}）` : state.bot.name;
  $("subtitle").textContent = person ? `${person.name} 的手機 · ${person.id.slice(0, 9)}…` : group ? `群組 ${group.id.slice(0, 9)}…` : "先加入一位用戶 add a user first";
  $("friend").hidden = !person;
  if (person) $("friend").textContent = person.state === "friend" ? "封鎖 Block" : person.state === "blocked" ? "解除封鎖 Unblock" : "加好友 Add friend";
  drawSpeakers(group);
  if (!chat) { $("log").replaceChildren(el("p", { class: "empty" }, "加入一位用戶，訊息就會出現在這裡。Add a user to see messages here.")); return; }
  const { messages = [] } = await call("GET", `chats/${chat}?limit=120`);
  const key = `${chat}:${messages.at(-1)?.id || ""}:${messages.length}`;
  const last = (person || group)?.last;
  if (last) { seen[chat] = last.seq; sessionStorage.setItem("seen", JSON.stringify(seen)); }
  if (key === drawn) return;
  const moved = !drawn.startsWith(`${chat}:`), log = $("log");
  const atEnd = moved || log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  drawn = key;
  log.replaceChildren(...(messages.length ? lines(messages) : [el("p", { class: "empty" }, "還沒有訊息。No messages yet.")]));
  drawQuick(messages.at(-1));
  await drawMenu(person);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function lines(messages) {
  const nodes = [];
  let day = "";
  for (const one of messages) {
    const today = new Date(one.at).toLocaleDateString("zh-TW", { timeZone: TAIPEI.timeZone, month: "long", day: "numeric", weekday: "short" });
    if (today !== day) nodes.push(el("div", { class: "day" }, el("span", {}, today)));
    day = today;
    nodes.push(one.message.type === "event" ? el("div", { class: "note" }, el("span", {}, one.message.text)) : line(one));
  }
  return nodes;
}

function line(one) {
  const bot = one.from === "bot", mine = !bot && (one.from === chat || one.from === $("as").value);
  const speaker = bot ? (one.message.sender?.name || state.bot.name) : state.users.find((user) => user.id === one.from)?.name || "？";
  const details = bot ? `${one.kind}${one.retry_key ? `\nretry key ${one.retry_key}` : ""}\nrequest ${one.request_id}` : one.event_id || "";
  return el("div", { class: `msg ${mine ? "mine" : ""} ${isWide(one.message) ? "wide" : ""}`, title: details },
    mine ? null : face(speaker, bot),
    el("div", { class: "body" }, mine ? null : el("div", { class: "name" }, speaker), drawMessage(one.message, act)),
    el("time", {}, one.silent ? "🔕 " : "", clock(one.at)));
}

function drawSpeakers(group) {
  const select = $("as"), before = select.value;
  select.hidden = !group;
  const members = group ? state.users.filter((user) => group.members.includes(user.id)) : [];
  select.replaceChildren(...members.map((user) => el("option", { value: user.id }, user.name)));
  if (members.some((user) => user.id === before)) select.value = before;
}

function drawQuick(last) {
  const items = last?.from === "bot" ? last.message.quickReply?.items || [] : [];
  $("quick").hidden = !items.length;
  $("quick").replaceChildren(...items.map((item) => el("button", { type: "button", on: { click: () => act(item.action) } }, item.action.label || item.action.text || "…")));
}

async function drawMenu(person) {
  const menu = person ? await call("GET", `richmenus/${person.rich_menu || "default"}`) : null;
  $("menu").hidden = !menu;
  if (!menu) return;
  const { width, height } = menu.size;
  $("menu").replaceChildren(el("img", { src: `/phone/richmenus/${menu.id}`, alt: menu.chatBarText }), ...menu.areas.map(({ bounds, action }) => {
    const node = el("button", { type: "button", "aria-label": action.label || action.text || action.type, on: { click: () => act(action) } });
    Object.assign(node.style, { left: `${(bounds.x / width) * 100}%`, top: `${(bounds.y / height) * 100}%`, width: `${(bounds.width / width) * 100}%`, height: `${(bounds.height / height) * 100}%` });
    return node;
  }));
}

// -- acting -----------------------------------------------------------------------------------------------------

async function say(what) {
  const group = chat.startsWith("C") || chat.startsWith("R"), who = group ? $("as").value : chat;
  if (!who) return;
  await call("POST", `users/${who}/say`, { ...what, ...(group ? { chat } : {}), wait: false });
  await poll();
}

function act(action) {
  if (!action) return;
  if (action.type === "uri") window.open(action.uri, "_blank", "noopener");
  else if (action.type === "message") say({ text: action.text });
  else if (action.type === "clipboard") navigator.clipboard?.writeText(action.clipboardText);
  else if (action.type === "datetimepicker") {
    const value = window.prompt(action.label || action.mode, action.initial || "");
    if (value) say({ postback: { data: action.data, params: { [action.mode]: value } } });
  } else if (action.type === "postback") say({ postback: { data: action.data, displayText: action.displayText || action.text } });
}

async function toggle(index, rule, isOn) {
  const mode = document.querySelector("[name=mode]:checked").value;
  if (isOn) await call("DELETE", `faults/ui-${index}`);
  else await call("POST", "faults", { ...rule, ...MODES[mode], id: `ui-${index}` });
  await poll();
}

function open(id) { chat = id; location.hash = id; show("chat"); refresh(); }
function show(tab) {
  document.body.dataset.tab = tab;
  document.querySelectorAll("[data-go]").forEach((node) => node.setAttribute("aria-current", node.dataset.go === tab));
  if (tab === "chat") $("log").scrollTop = $("log").scrollHeight;
}

async function refresh() {
  state = await call("GET", "state");
  version = state.version;
  drawChats(); drawDesk();
  await drawChat();
}

let polling = false;
async function poll() {
  if (polling) return;
  polling = true;
  try {
    const now = await call("GET", "version");
    $("time").textContent = clock(now.now);
    if (now.version !== version) await refresh();
    document.body.classList.remove("away");
  } catch { document.body.classList.add("away"); }
  polling = false;
}

$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target, text = form.text.value.trim();
  if (!text) return;
  form.text.value = "";
  say(form.kind.value === "postback" ? { postback: { data: text } } : { text });
});
$("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const made = await call("POST", "users", { name: event.target.name.value.trim() });
  event.target.reset();
  open(made.id);
});
$("quota").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = event.target.quota.value;
  await call("PATCH", "settings", { quota: text === "" ? null : Number(text) });
  document.activeElement?.blur();
  await poll();
});
$("friend").addEventListener("click", async () => {
  const person = state.users.find((one) => one.id === chat);
  await call("PATCH", `users/${chat}`, { state: person.state === "friend" ? "blocked" : "friend", wait: false });
  await poll();
});
$("back").addEventListener("click", () => show("list"));
$("as").addEventListener("change", () => { drawn = ""; drawChat(); });
document.querySelectorAll("[data-advance]").forEach((node) => node.addEventListener("click", () => call("POST", "clock", { advance: Number(node.dataset.advance) }).then(poll)));
document.querySelectorAll("[data-go]").forEach((node) => node.addEventListener("click", () => show(node.dataset.go)));
window.addEventListener("hashchange", () => { const to = decodeURIComponent(location.hash.slice(1)); if (to && to !== chat) { chat = to; refresh(); } });
show(chat ? "chat" : "list");
poll();
setInterval(poll, 800);
