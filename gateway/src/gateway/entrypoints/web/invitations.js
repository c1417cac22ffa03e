// Logs in for this one purpose; the session ends when nothing is left to answer.
const form = document.getElementById("login");
const hint = document.getElementById("hint");
const none = document.getElementById("none");
const list = document.getElementById("invitations");
const problem = document.getElementById("problem");
let session = null;

const ROLES = { owner: "賣場主 owner", manager: "管理員 manager", packer: "出貨人員 packer" };
const WORDS = {
  invalid_credentials: "電子郵件或密碼不正確。 Wrong address or password.",
  too_many_requests: "嘗試太多次了，請稍後再試。 Too many tries.",
  invitation_over: "這個邀請已經失效。 This invitation is over.",
  seller_required: "請先成為賣家，再接手賣場。 Become a seller first.",
};
const OTHERWISE = "系統暫時無法服務，請稍後再試。 Please try again later.";

async function call(method, path, body) {
  const headers = { "content-type": "application/json" };
  if (session) headers.authorization = `Bearer ${session.access_token}`;
  const answer = await fetch(path, { method, credentials: "omit", headers, body: body && JSON.stringify(body) });
  if (answer.status === 204) return null;
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.detail), { code: found.code });
  return found;
}

// One thing at a time: nothing can be pressed until it is over.
async function guarded(work) {
  const buttons = [...document.querySelectorAll("button")];
  problem.textContent = "";
  for (const one of buttons) one.disabled = true;
  try {
    await work();
  } catch (error) {
    problem.textContent = WORDS[error.code] || OTHERWISE;
  }
  for (const one of buttons) one.disabled = false;
}

function button(text, english, item, verb) {
  const made = document.createElement("button");
  const beside = document.createElement("span");
  made.type = "button";
  if (verb === "decline") made.className = "quiet";
  beside.lang = "en";
  beside.textContent = english;
  made.append(`${text} `, beside);
  made.addEventListener("click", () => guarded(async () => {
    try {
      await call("POST", `/v1/me/invitations/${encodeURIComponent(item.invitation_id)}/${verb}`);
    } catch (error) {
      if (error.code === "invitation_over") await show();
      throw error;
    }
    await show();
  }));
  return made;
}

function line(item) {
  const made = document.createElement("li");
  const shop = document.createElement("strong");
  const role = document.createElement("p");
  const both = document.createElement("div");
  shop.textContent = item.shop_name;
  role.textContent = ROLES[item.role] || item.role;
  role.className = "hint";
  both.className = "pair";
  both.append(button("接受", "Accept", item, "accept"), button("婉拒", "Decline", item, "decline"));
  made.append(shop, role, both);
  return made;
}

async function show() {
  const { items } = await call("GET", "/v1/me/invitations");
  list.replaceChildren(...items.map(line));
  list.hidden = items.length === 0;
  none.hidden = items.length > 0;
  form.hidden = hint.hidden = true;
  if (items.length === 0) await call("POST", "/v1/auth/logout", { refresh_token: session.refresh_token });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = Object.fromEntries(new FormData(form));
  if (!typed.email || !typed.password) {
    problem.textContent = "請輸入電子郵件和密碼。 Please enter your address and password.";
    return;
  }
  guarded(async () => {
    session = await call("POST", "/v1/auth/login", typed);
    await show();
  });
});
