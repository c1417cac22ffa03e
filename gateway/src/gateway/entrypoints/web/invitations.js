// Logs in for this one purpose; the session ends when nothing is left to answer.
const form = document.getElementById("login");
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

async function guarded(work) {
  problem.textContent = "";
  try {
    await work();
  } catch (error) {
    problem.textContent = WORDS[error.code] || OTHERWISE;
  }
}

function button(text, item, verb) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", () => guarded(async () => {
    await call("POST", `/v1/me/invitations/${encodeURIComponent(item.invitation_id)}/${verb}`);
    await show();
  }));
  return made;
}

async function show() {
  const { items } = await call("GET", "/v1/me/invitations");
  list.replaceChildren(...items.map((item) => {
    const line = document.createElement("li");
    line.append(`${item.shop_name}：${ROLES[item.role]} `, button("接受 Accept", item, "accept"), " ",
      button("婉拒 Decline", item, "decline"));
    return line;
  }));
  list.hidden = false;
  form.hidden = true;
  if (items.length === 0) {
    list.textContent = "沒有等待回覆的邀請。 Nothing waits for an answer.";
    await call("POST", "/v1/auth/logout", { refresh_token: session.refresh_token });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(async () => {
    session = await call("POST", "/v1/auth/login", Object.fromEntries(new FormData(form)));
    await show();
  });
});
