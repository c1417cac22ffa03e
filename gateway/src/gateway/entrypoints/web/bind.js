// Logs in for this one purpose: the session is ended as soon as LINE's link is at hand.
const form = document.getElementById("bind");
const problem = document.getElementById("problem");
const button = form.querySelector("button");
const linkToken = new URLSearchParams(location.search).get("linkToken");

const WORDS = {
  unauthenticated: "電子郵件或密碼不正確。",
  invalid_credentials: "電子郵件或密碼不正確。",
  too_many_requests: "嘗試太多次了，請稍後再試。",
  unavailable: "系統暫時無法服務，請稍後再試。",
};

async function call(path, body, token) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "omit",
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  if (answer.status === 204) return null;
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.detail), { code: found.code, status: answer.status });
  return found;
}

function say(error) {
  if (error.status === 401) return WORDS.unauthenticated;
  if (error.status === 429) return WORDS.too_many_requests;
  return WORDS[error.code] || WORDS.unavailable;
}

if (!linkToken) {
  problem.textContent = "這個連結不完整，請回到 LINE 重新點選「綁定帳號」。";
  button.disabled = true;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  const data = new FormData(form);
  if (!data.get("email") || !data.get("password")) {
    problem.textContent = "請輸入電子郵件和密碼。";
    return;
  }
  button.disabled = true;
  let session = null;
  try {
    session = await call("/v1/auth/login", { email: data.get("email"), password: data.get("password") });
    const binding = await call("/v1/line/bind", { link_token: linkToken }, session.access_token);
    if (!binding.url) throw Object.assign(new Error("no link"), { status: 503 });
    await call("/v1/auth/logout", { refresh_token: session.refresh_token }, session.access_token);
    location.assign(binding.url);
  } catch (error) {
    problem.textContent = say(error);
    button.disabled = false;
  }
});
